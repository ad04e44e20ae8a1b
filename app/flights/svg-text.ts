const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Any text as SVG may hold it, in an element or an attribute. */
export function svgText(text: string): string {
  return (
    text
      .toWellFormed()
      // XML has no way to write these, not even escaped.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/[\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/g, '\uFFFD')
      .replace(/[&<>"']/g, sign => entities[sign] ?? sign)
  )
}

/** The text cut to so many characters, with an ellipsis where something is gone. */
export function shortened(text: string, length: number): string {
  const characters = [...text]
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}

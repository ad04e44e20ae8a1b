import type { Registered } from '../../../src/schedule/writing/registered.ts'
import { Timetable } from '../../../src/schedule/writing/timetable.ts'

/** When and where the guide's examples were registered. */
const now = Date.parse('2026-03-27T10:00:00+01:00')

/** The two lines that stand under an example: its sentence, and its next three ticks. */
export function toldUnder(example: string): readonly [string, string] {
  const schedule = new Timetable({ timezone: 'Europe/Madrid', clock: { now: () => now } })
  const write = new Function('schedule', 'poll', 'report', `return ${example}`)
  function poll() {}
  function report() {}
  const registered: Registered = write(schedule, poll, report)
  const zone = registered.zone === 'Europe/Madrid' ? '' : ` ${registered.zone}`
  const ticks = registered.nextTicks(3).map(tick => {
    const text = tick.toPlainDateTime().toString().replace('T', ' ')
    return text.length > 16 ? text : text.slice(0, 16)
  })
  const short = ticks.map(text => text.replace(/^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}):00$/, '$1'))
  return [`// ${registered.words}${zone}`, `// ${short.join(' · ')}`]
}

/** The examples of a guide: every line of its `ts` blocks that is no comment, with the comments under it. */
export function examplesOf(guide: string): { example: string; told: string[] }[] {
  const examples: { example: string; told: string[] }[] = []
  for (const [, block = ''] of guide.matchAll(/^```ts\n(.*?)^```/gms)) {
    for (const line of block.split('\n').filter(Boolean)) {
      if (line.startsWith('//')) examples.at(-1)?.told.push(line)
      else examples.push({ example: line, told: [] })
    }
  }
  return examples
}

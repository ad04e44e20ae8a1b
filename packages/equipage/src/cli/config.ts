import type { Runtime } from '../app/index.ts'
import { type Print, table } from './terminal/index.ts'

/** `equipage config` */
export async function configList(
  runtime: Runtime,
  print: Print,
  options: { json?: true },
): Promise<void> {
  const settings = runtime.config.describe()
  if (options.json) return print(JSON.stringify(settings, null, 2))
  const rows = settings.map(({ path, variable = '', value, doc }) => [
    variable,
    path,
    short(JSON.stringify(value)),
    doc,
  ])
  print(table(['variable', 'setting', 'value', 'what it is for'], rows))
}

/** A long value, such as a list of texts, would push the last column off the screen; `--json` has it whole. */
function short(value: string): string {
  return value.length > 40 ? `${value.slice(0, 37)}...` : value
}

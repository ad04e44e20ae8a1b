#!/usr/bin/env node
// Plain JavaScript, so that any Node can read it: an older one hands over to the Node that
// npm install has put beside the application.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const oldestNode = 24

if (Number.parseInt(process.versions.node, 10) >= oldestNode) {
  const { main } = await import('equipage/cli')
  await main()
} else {
  handOver(process.cwd())
}

/** Looks for node_modules/.bin/node, from the working directory upwards. */
function handOver(folder) {
  const node = join(folder, 'node_modules', '.bin', 'node')
  if (existsSync(node)) {
    const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)]
    const child = spawn(node, args, { stdio: 'inherit' })
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143)
    })
  } else if (folder !== dirname(folder)) {
    handOver(dirname(folder))
  } else {
    const { node: given } = process.versions
    process.stderr.write(
      `Equipage needs Node ${oldestNode} or newer, and this is ${given}. Install one, or run npm install in the application: it brings one along.\n`,
    )
    process.exitCode = 78
  }
}

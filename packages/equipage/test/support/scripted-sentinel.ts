import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

export interface Address {
  readonly host: string
  readonly port: number
}

/** What passes for a Sentinel, and says what a test says when the test says it. */
export interface ScriptedSentinel {
  /** Its `host:port`. */
  readonly address: string
  /** The server that it names, whatever name it is asked for. */
  names(server: Address): void
  /** Answers no question for the server until the function that it gives is called. */
  hold(): () => void
  /** How many questions have no answer yet. */
  held(): number
  /** How many connections wait for word of a failover. */
  listeners(): number
  /** Gives all of them this word. */
  tell(word: string): void
  /** Ends their connections, behind what they were told. */
  hangUp(): void
  close(): void
}

const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`
const list = (...texts: string[]) => `*${texts.length}\r\n${texts.map(bulk).join('')}`

export async function scriptedSentinel(first: Address): Promise<ScriptedSentinel> {
  const sockets = new Set<Socket>()
  const listening = new Set<Socket>()
  let named = first
  let held: Socket[] | undefined
  const answer = (socket: Socket) => void socket.write(list(named.host, String(named.port)))

  const reply = (socket: Socket, [name = '', question]: string[]) => {
    if (name === 'hello') return void socket.write("-ERR unknown command 'HELLO'\r\n")
    if (name === 'subscribe') {
      listening.add(socket)
      return void socket.write(`*3\r\n${bulk('subscribe')}${bulk('+switch-master')}:1\r\n`)
    }
    if (question === 'sentinels') return void socket.write(list())
    if (question !== 'get-master-addr-by-name') return void socket.write('+OK\r\n')
    if (held) held.push(socket)
    else answer(socket)
  }

  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      sockets.delete(socket)
      listening.delete(socket)
    })
    let unread = ''
    socket.on('data', data => {
      unread += data
      for (;;) {
        const { command, rest } = readCommand(unread)
        if (!command) return
        unread = rest
        reply(socket, command)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    address: `127.0.0.1:${address.port}`,
    names(server) {
      named = server
    },
    hold() {
      const waiting: Socket[] = []
      held = waiting
      return () => {
        held = undefined
        waiting.forEach(answer)
      }
    },
    held: () => held?.length ?? 0,
    listeners: () => listening.size,
    tell(word) {
      for (const socket of listening) socket.write(list('message', '+switch-master', word))
    },
    hangUp() {
      for (const socket of listening) socket.end()
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** The first command of what a client has sent, in lower case, and what comes after it; none while it is not whole. */
function readCommand(sent: string): { command?: string[]; rest: string } {
  const lines = sent.split('\r\n')
  const length = 1 + 2 * Number(lines[0]?.slice(1))
  if (!(lines.length > length)) return { rest: sent }
  const command = lines.slice(1, length).filter((_, index) => index % 2 === 1)
  return {
    command: command.map(text => text.toLowerCase()),
    rest: lines.slice(length).join('\r\n'),
  }
}

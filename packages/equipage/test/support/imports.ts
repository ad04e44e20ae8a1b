import { posix } from 'node:path'

/** A file of src, as the rules of imports look at it. */
export interface Source {
  /** Relative to src, with forward slashes. */
  readonly path: string
  /** The folder it is in; '' for src itself. */
  readonly room: string
  readonly text: string
  readonly imports: readonly string[]
}

/** Imports of rooms that do not come before the importer's own. A room's index.ts is the door of the rooms inside of it too. */
export function upwardOffences(
  sources: readonly Source[],
  order: readonly (readonly string[])[],
): string[] {
  const levelOf = (room: string) => order.findIndex(rooms => rooms.includes(room))
  return offences(sources, (file, path) => {
    const room = roomOf(path)
    const isDoor = file.path === `${file.room}/index.ts` && room.startsWith(`${file.room}/`)
    return room !== file.room && !isDoor && levelOf(room) >= levelOf(file.room)
  })
}

/** Imports that enter a room by another file than its index.ts. */
export function doorOffences(sources: readonly Source[], doors: readonly string[]): string[] {
  return offences(sources, (file, path) => {
    const room = roomOf(path)
    const containsTheFile = room === file.room || file.room.startsWith(`${room}/`) || room === ''
    return !containsTheFile && path !== `${entered(file.room, room, doors)}/index.ts`
  })
}

/** The outermost folder of a room that another room does not stand in: that is the one it sees. */
function entered(from: string, room: string, doors: readonly string[]): string {
  const [own, target] = [from.split('/'), room.split('/')]
  if (own[0] !== target[0]) {
    const door = doors.find(name => room === name || room.startsWith(`${name}/`))
    return door ?? target[0] ?? ''
  }
  const shared = target.findIndex((name, index) => own[index] !== name)
  return target.slice(0, shared + 1).join('/')
}

/** Every circle of imports, those of types included, from its first file to the same again. */
export function circles(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map(file => [file.path, file]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, road: readonly string[]) => {
    const file = byPath.get(path)
    if (!file || done.has(path)) return
    if (road.includes(path)) {
      found.push([...road.slice(road.indexOf(path)), path].join(' -> '))
      return
    }
    for (const target of targets(file)) visit(target, [...road, path])
    done.add(path)
  }
  for (const { path } of sources) visit(path, [])
  return found
}

function offences(
  sources: readonly Source[],
  isOffence: (file: Source, path: string) => boolean,
): string[] {
  return sources.flatMap(file =>
    file.imports
      .filter(name => name.startsWith('.') && isOffence(file, target(file, name)))
      .map(name => `${file.path} -> ${name}`),
  )
}

const targets = (file: Source) =>
  file.imports.filter(name => name.startsWith('.')).map(name => target(file, name))

const target = (file: Source, specifier: string) =>
  posix.normalize(posix.join(posix.dirname(file.path), specifier))

const roomOf = (path: string) => (path.includes('/') ? posix.dirname(path) : '')

import { EquipageError } from './errors.ts'

/** Whatever JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Something in a value that JSON would drop or change without a word. */
interface Misfit {
  path: string
  found: string
}

/**
 * A value as it is on the other side of a queue: written as JSON and read again. What works
 * inline then works over Redis.
 * @param where what the value is, as the error shall name it: `payload of job "report.rebuild"`
 * @throws E_NOT_JSON when something in it would be lost: a function, a Map, NaN, a cycle ...
 */
export function throughJson(value: unknown, where: string): Json {
  return JSON.parse(jsonText(value, where)) as Json
}

/**
 * A value written as JSON.
 * @throws as `throughJson` does
 */
export function jsonText(value: unknown, where: string): string {
  try {
    const misfit = findMisfit(value, '', new Set())
    if (misfit) throw new EquipageError('E_NOT_JSON', { where, ...misfit })
    return JSON.stringify(value) ?? 'null'
  } catch (cause) {
    if (cause instanceof EquipageError) throw cause
    // A toJSON or a getter that throws, or a depth that the stack cannot hold.
    const found = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new EquipageError('E_NOT_JSON', { where, path: '', found }, { cause })
  }
}

/**
 * The first misfit, depth first.
 * @param around the objects that the value stands in, to notice a cycle
 */
function findMisfit(value: unknown, path: string, around: Set<object>): Misfit | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? undefined : { path, found: String(value) }
    case 'function':
    case 'symbol':
    case 'bigint':
      return { path, found: `a ${typeof value}` }
    case 'object':
      if (value === null) return undefined
      if (around.has(value)) return { path, found: 'an object that it stands in itself' }
      around.add(value)
      try {
        return findMisfitInside(value, path, around)
      } finally {
        around.delete(value)
      }
    default:
      return undefined
  }
}

function findMisfitInside(value: object, path: string, around: Set<object>): Misfit | undefined {
  if (value instanceof Date && Number.isNaN(value.getTime())) {
    return { path, found: 'an invalid Date' }
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return undefined
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const inside = `${path}[${index}]`
      const misfit =
        item === undefined ? { path: inside, found: 'undefined' } : findMisfit(item, inside, around)
      if (misfit) return misfit
    }
    return undefined
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return { path, found: `an instance of ${value.constructor.name}` }
  }
  for (const [key, item] of Object.entries(value)) {
    const misfit = findMisfit(item, path === '' ? key : `${path}.${key}`, around)
    if (misfit) return misfit
  }
  return undefined
}

/**
 * The path of a key `__proto__` in parsed JSON, where code that copies it key by key would change
 * the prototype of its copy; undefined when there is none.
 */
export function prototypeKey(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const found = prototypeKey(value[index])
      if (found !== undefined) return `${index}.${found}`
    }
    return undefined
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') return key
    const found = prototypeKey(item)
    if (found !== undefined) return `${key}.${found}`
  }
  return undefined
}

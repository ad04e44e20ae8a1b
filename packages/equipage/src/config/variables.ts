import type { Beside } from './schema.ts'

/** The variable is one of several that say the same thing: none of the others may be set too. */
export function alone(...others: string[]): Beside {
  return value => {
    const conflicting = others.filter(other => value(other) !== undefined)
    if (conflicting.length === 0) return undefined
    return `nothing beside ${conflicting.join(' and ')}: remove one of them`
  }
}

/** The variable means something only where one of the others is set. */
export function needs(...others: string[]): Beside {
  return value =>
    others.some(other => value(other) !== undefined)
      ? undefined
      : `${others.join(' or ')} beside it`
}

/** The variable says how TLS is spoken to Redis, so TLS has to be asked for, or switched off, explicitly. */
export function overTls(): Beside {
  return value => {
    const url = value('REDIS_URL')?.toLowerCase() ?? ''
    if (value('REDIS_TLS') !== undefined || url.startsWith('rediss:')) return undefined
    return 'REDIS_TLS, or rediss:// in REDIS_URL, beside it'
  }
}

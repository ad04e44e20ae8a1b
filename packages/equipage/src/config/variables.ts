import type { Beside } from './schema.ts'

/** The variable is one of several that say the same thing: none of the others may be set too. */
export function alone(...others: string[]): Beside {
  return value => {
    const rivals = others.filter(other => value(other) !== undefined)
    if (rivals.length === 0) return undefined
    return `nothing beside ${rivals.join(' and ')}: one of them has to go`
  }
}

/** The variable means something only where one of the others is set. */
export function needs(...others: string[]): Beside {
  return value =>
    others.some(other => value(other) !== undefined)
      ? undefined
      : `${others.join(' or ')} beside it`
}

/** The variable says how TLS is spoken to Redis, so it must have been asked for, or be switched off in so many words. */
export function overTls(): Beside {
  return value => {
    const url = value('REDIS_URL')?.toLowerCase() ?? ''
    if (value('REDIS_TLS') !== undefined || url.startsWith('rediss:')) return undefined
    return 'REDIS_TLS, or rediss:// in REDIS_URL, beside it'
  }
}

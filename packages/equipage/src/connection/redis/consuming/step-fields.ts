/** How much one reply may carry of payloads, in bytes: the rest is taken with the next call. */
export const replyBytes = 1_000_000

/** A payload beyond this, in bytes, does not stand in the reply: it is read by itself, beside the script. */
export const largePayloadBytes = 65_536

/** A result or failure text beyond this, in bytes, stands with its job alone, and not in the stream of events. */
export const eventTextBytes = 16_384

/** Fields of a job's hash, in the order in which a reply has them; the first stands for the payload. */
export const jobFields = [
  'data',
  'name',
  'opts',
  'timestamp',
  'atm',
  'ats',
  'progress',
  'parent',
  'rjk',
  'defa',
  'stacktrace',
  'parentKey',
  'deid',
] as const

/** Where the run of a job's last attempt, and the consumer that took it, stand in its hash. */
export const runField = 'equipage:run'
export const consumerField = 'equipage:consumer'

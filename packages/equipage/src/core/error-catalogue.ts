import { inspect } from 'node:util'

/**
 * A value as an error message shows it: short, on one line.
 * @returns at most about 120 characters
 */
export function shown(value: unknown): string {
  const text = inspect(value, {
    depth: 2,
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: 80,
  })
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}

/** One thing that is wrong with the configuration. */
export interface ConfigFault {
  /** The variable and where it is set, or the setting whose default is wrong. */
  where: string
  /** The value, or a mask. */
  given: unknown
  /** What is allowed. */
  expected?: string
  /** Nothing reads this variable; `nearest` is the one that was meant. */
  unknown?: boolean
  nearest?: string
}

/** One fault as a line of a list. */
function faultLine(fault: ConfigFault): string {
  if (fault.unknown) return `  ${fault.where}: no such variable; did you mean ${fault.nearest}?`
  return `  ${fault.where}: expected ${fault.expected}, got ${shown(fault.given)}`
}

/**
 * Every message of the framework, by its stable code. Each says what happened,
 * what was given and what to do. docs/reference/errors.md lists the same codes;
 * a test holds the two together.
 */
export const catalogue = {
  // core
  E_BAD_DURATION: (f: { where: string; given: unknown }) =>
    `${f.where}: expected a duration such as 250, '30s', '5m' or '1h30m', got ${shown(f.given)}`,
  E_BAD_SIZE: (f: { where: string; given: unknown }) =>
    `${f.where}: expected an amount of data such as '500KB', '10MB' or '1GB', got ${shown(f.given)}`,
  E_THROWN_VALUE: (f: { value: unknown }) =>
    `${shown(f.value)} was thrown, which is not an Error; throw new Error(...) so that its stack is kept`,

  // config
  E_CONFIG: (f: { faults: ConfigFault[] }) =>
    `the configuration has ${f.faults.length} ${f.faults.length === 1 ? 'fault' : 'faults'}; nothing was started:\n${f.faults.map(faultLine).join('\n')}`,
  E_ENV_FILE: (f: { path: string }) =>
    `${f.path} cannot be read; make it readable to this user, or remove it`,
  E_UNKNOWN_SETTING: (f: { path: string; nearest: string | undefined }) =>
    `no setting is declared at "${f.path}"${f.nearest ? `; did you mean "${f.nearest}"?` : "; declare it with defineConfig, and name that by `static config` of the application's class"}`,

  // log
  E_LOG_FILE: (f: { file: string; reason: string }) =>
    `the log file ${f.file} cannot be written (${f.reason}); fix LOG_FILE, or the rights of its folder`,
  E_LOG_CHANNEL: (f: { given: string; known: readonly string[]; nearest: string | undefined }) =>
    `LOG_STACK names the channel ${shown(f.given)}${f.nearest ? `; did you mean "${f.nearest}"?` : `; it may name ${f.known.join(', ')}`}`,

  // job
  E_BAD_NAME: (f: { kind: string; given: unknown }) =>
    `${shown(f.given)} is no name for a ${f.kind}; use 1 to 100 letters, digits, dots, dashes and underscores, a letter or digit first`,
  E_BAD_OPTION: (f: { where: string; option: string; given: unknown; expected: string }) =>
    `${f.where}, ${f.option}: expected ${f.expected}, got ${shown(f.given)}`,
  E_NOT_JSON: (f: { where: string; path: string; found: string }) =>
    `${f.where} is not JSON${f.path ? ` at ${f.path}` : ''}: ${f.found}; use plain objects, arrays, texts, finite numbers, true, false and null`,
  E_BAD_PAYLOAD: (f: { job: string; issues: string[]; given: unknown }) =>
    `job "${f.job}" does not accept its payload: ${f.issues.join('; ')}; fix the push, or the job's schema`,
  E_DUPLICATE_JOB: (f: { name: string; files: [string, string] }) =>
    `two definitions are named "${f.name}": ${f.files[0]} and ${f.files[1]}; rename one of them`,
  E_DUPLICATE_QUEUE: (f: { name: string; files: [string, string] }) =>
    `two definitions of queue "${f.name}" were found: in ${f.files[0]} and in ${f.files[1]}; keep one of them, and import it where it is needed`,
  E_UNKNOWN_JOB: (f: { name: string; other: string | undefined; nearest: string | undefined }) =>
    f.other
      ? `"${f.name}" is another definition than the one registered from ${f.other}; push that one, or rename this`
      : `no job, chain or group "${f.name}" is registered; ${f.nearest ? `did you mean "${f.nearest}"?` : "export its definition from a file under app/jobs/, or name it in `static jobs` of the application's class"}`,
  E_JOB_TIMEOUT: (f: { job: string; timeoutMs: number }) =>
    `job "${f.job}" took longer than its timeout of ${f.timeoutMs} ms; raise the timeout, or make the job shorter`,
  E_BACKOFF: (f: { job: string; reason: string; failure: string }) =>
    `the backoff function of job "${f.job}" gave no wait (${f.reason}), so the job has failed; fix it; the attempt had failed with: ${f.failure}`,
  E_MIDDLEWARE_NEXT: (f: { job: string; middleware: string }) =>
    `middleware ${shown(f.middleware)} around job "${f.job}" called next() twice; call it once, and keep what it gave`,
  E_CHECKPOINT_NAME: (f: { job: string; given: unknown; twice: boolean }) =>
    f.twice
      ? `job "${f.job}" has two checkpoints ${shown(f.given)} in one attempt; give each part a name of its own`
      : `${shown(f.given)} is no name for a checkpoint of job "${f.job}"; use a text of 1 to 200 characters`,
  E_JOB_LOST: (f: { job: string; checkpoint: string }) =>
    `job "${f.job}" was given to another worker before checkpoint ${shown(f.checkpoint)} was stored; it runs there; let it block the event loop less, or look after the machine`,
  E_ISOLATED_DIED: (f: { job: string; code: number | null; signal: string | null }) =>
    `the process of isolated job "${f.job}" ended in the middle of it, by ${f.signal === null ? `exit code ${f.code}` : `signal ${f.signal}`}; look for an end of the process in its code, a crash, or memory that ran out; the log lines of that process come before this one`,
  E_ISOLATED_START: (f: { job: string; reason: string }) =>
    `no process could be made ready for isolated job "${f.job}": ${f.reason}; it loads app/index.ts as a command does, so fix what keeps it from that`,
  E_ISOLATED_LATE: (f: { job: string; what: string }) =>
    `isolated job "${f.job}" asked for ${f.what} when its function had ended; await all that it does`,
  E_PAYLOAD_SIZE: (f: { job: string; bytes: number; limitBytes: number }) =>
    `the payload of job "${f.job}" takes ${f.bytes} bytes as JSON, and ${f.limitBytes} are allowed; store the data and push where it is, or raise QUEUE_PAYLOAD_LIMIT`,
  E_JOB_NOT_HERE: (f: { job: string; waitedMs: number }) =>
    `no deployment that knows job "${f.job}" came within ${Math.round(f.waitedMs / 60_000)} minutes; deploy one and retry the job`,
  E_CHAIN_CHANGED: (f: { chain: string; link: number; job: string }) =>
    `job "${f.job}" was pushed as number ${f.link + 1} of chain "${f.chain}", which this release does not have there; push the chain again`,
  E_CHAIN_HANDOVER: (f: { chain: string; job: string; reason: string }) =>
    `chain "${f.chain}" could not make the payload of "${f.job}": ${f.reason}`,
  E_JOB_UNREADABLE: (f: { id: string; queue: string; faults: readonly string[] }) =>
    `job ${shown(f.id)} of queue "${f.queue}" cannot be read: ${f.faults.join('; ')}; fix the program that wrote it to the queue`,
  E_GROUP_HANDOVER: (f: { group: string; job: string; reason: string }) =>
    `group "${f.group}" could not make the payload of "${f.job}": ${f.reason}`,
  E_GROUP_FAILED: (f: {
    group: string
    failed: number
    members: number
    key: string
    job: string
    reason: string
  }) =>
    `${f.failed} of the ${f.members} jobs of group "${f.group}" failed; the first was "${f.job}" (${f.key}): ${f.reason}; fix it and retry the job, which goes on with the group, or push the group again`,
  E_GROUP_CHANGED: (f: { group: string }) =>
    `group "${f.group}" has other jobs in this deployment than those that have run; push it again`,
  E_GROUP_RESULTS: (f: { group: string; job: string; limitBytes: number }) =>
    `with that of "${f.job}" the results of group "${f.group}" take more than ${f.limitBytes} bytes as JSON; let its jobs store what they found and return where it is, or raise QUEUE_PAYLOAD_LIMIT`,
  E_GROUP_JOB_GONE: (f: { job: string; id: string; queue: string; reason: string }) =>
    `job "${f.job}" (${f.id}) of queue "${f.queue}" ended without a result: ${f.reason}`,

  // looking after queues
  E_JOB_CANCELLED: (f: { job: string; jobId: string }) =>
    `job "${f.job}" (${f.jobId}) was cancelled while it ran; retry it if that was a mistake`,
  E_UNKNOWN_JOB_ID: (f: { id: string; queues: readonly string[] }) =>
    `there is no job ${shown(f.id)} in ${f.queues.length === 1 ? `queue "${f.queues[0]}"` : `the queues ${f.queues.join(', ')}`}; it may have ended and been let go, or it waits elsewhere`,
  E_JOB_ID_TWICE: (f: { id: string; queues: readonly string[] }) =>
    `there is a job ${shown(f.id)} in each of the queues ${f.queues.join(', ')}; say which one by --queue, or by { queue } in code`,
  E_JOB_CONFLICTING: (f: { id: string; queue: string; other: string }) =>
    `job ${shown(f.id)} of queue "${f.queue}" cannot wait again while job ${shown(f.other)} of the same key waits or runs; let that one end first, or forget this one`,
  E_JOB_STATE: (f: { id: string; queue: string; state: string; expected: string }) =>
    `job ${shown(f.id)} of queue "${f.queue}" is ${f.state}; ${f.expected}`,

  // connection
  E_STOPPING: (_: Record<never, never>) => 'the worker is stopping; the job goes back to its queue',
  E_CONNECTION_AWAY: (f: {
    connection: string
    address: string
    reason: string
    advice?: string
  }) => `${f.connection} does not answer at ${f.address} (${f.reason}); ${f.advice ?? 'start it'}`,
  E_CONNECTION_REFUSED: (f: {
    connection: string
    address: string
    reason: string
    advice: string
  }) => `${f.connection} at ${f.address} does not let us in (${f.reason}); ${f.advice}`,
  E_CONNECTION_TLS: (f: { connection: string; address: string; reason: string; advice: string }) =>
    `no secure connection to ${f.connection} at ${f.address} (${f.reason}); ${f.advice}`,
  E_CONNECTION_REPLY: (f: {
    connection: string
    address: string
    reason: string
    advice: string | undefined
  }) =>
    `${f.connection} at ${f.address} refused the call: ${f.reason}${f.advice ? `; ${f.advice}` : ''}`,
  E_REDIS_UNFIT: (f: { address: string; finding: string; advice: string }) =>
    `Redis at ${f.address} cannot carry jobs: ${f.finding}; ${f.advice}`,
  E_REDIS_FILE: (f: { variable: string; file: string; reason: string }) =>
    `${f.variable} names ${f.file}, which cannot be read (${f.reason}); fix the path, or the rights of the file`,
  E_PUSH_REFUSED: (f: { job: string; reply: number }) =>
    `BullMQ refused job "${f.job}" with its code ${f.reply}; look the code up in its documentation`,

  // worker
  E_TOO_FEW_PROCESSES: (f: { processes: number; queues: string[] }) =>
    `--balance auto gives every queue a process of its own, and ${f.processes} are too few for ${f.queues.length} (${f.queues.join(', ')}); raise --processes, or name fewer queues by --queue`,
  E_UNKNOWN_QUEUE: (f: { given: string; known: string[]; nearest: string | undefined }) =>
    `no job waits in a queue ${shown(f.given)}${f.nearest ? `; did you mean "${f.nearest}"?` : `; the queues are ${f.known.join(', ')}`}`,

  // app
  E_APP_FILE: (f: { file: string; reason: string }) => `${f.file} cannot be loaded: ${f.reason}`,
  E_NO_APP: (f: { where: string }) =>
    `no application at ${f.where}; it is the file app/index.ts beside a package.json, or the one that the package.json names as "equipage": { "app": "src/background.ts" }, and it exports createApp, or a class App that extends Equipage`,
  E_NO_SCHEDULER: (f: { file: string }) =>
    `${f.file} is not there, or exports no class Scheduler that extends EquipageScheduler; write one, with its schedules in register(), or name one by \`static scheduler\` of the application's class`,
  E_NOT_AN_APP: (f: { given: unknown }) =>
    `expected an application, got ${shown(f.given)}; give an object of a class that extends Equipage, and let \`npm ls equipage\` show one copy of it`,
  E_SERVICE_CYCLE: (f: { names: string[] }) =>
    `services need each other to be made: ${f.names.join(' -> ')}; let one of them ask for the other when it is called, not when it is made`,
  E_UNKNOWN_SERVICE: (f: { app: string; name: string; nearest: string | undefined }) =>
    `${f.app} has no service ${shown(f.name)} to replace; ${f.nearest ? `did you mean "${f.nearest}"?` : `use the name of a getter of ${f.app}, or of one of the framework's services: clock, random, log, database, connection, queue`}`,
  E_SERVICE_IN_USE: (f: { name: string }) =>
    `service "${f.name}" has been made already; replace it before anything uses it`,

  // cli
  E_BAD_JSON: (f: { where: string; given: string; reason: string }) =>
    `${f.where} is not JSON (${f.reason}): ${shown(f.given)}; write it as '{"name": "value"}'`,
  E_BAD_ARGUMENT: (f: { where: string; given: string; expected: string }) =>
    `${f.where}: expected ${f.expected}, got ${shown(f.given)}`,
  E_UNKNOWN_SCHEDULE: (f: { name: string; nearest: string | undefined }) =>
    `there is no schedule ${shown(f.name)}; ${f.nearest ? `did you mean "${f.nearest}"?` : '`equipage schedule list` shows them all'}`,
  E_SCHEDULE_NOT_REGISTERED: (f: { name: string }) =>
    `schedule "${f.name}" is in the code and not registered yet; start the scheduler first, which registers it`,

  // database
  E_DATABASE_AWAY: (f: { reason: string }) =>
    `the database does not answer (${f.reason}); start it, or fix DB_HOST and DB_PORT`,
  E_DATABASE_OPEN: (f: { file: string; reason: string }) =>
    `the database file ${f.file} cannot be opened (${f.reason}); check that its folder can be written to and that it is an SQLite file`,
  E_MIGRATION: (f: { owner: string; migration: string | undefined; reason: string }) =>
    `${f.migration ? `migration "${f.migration}"` : 'the migrations'} of "${f.owner}" failed, and nothing of it was kept: ${f.reason}`,

  // schedule
  E_LEASE_LOST: (f: { schedule: string }) =>
    `the function of schedule "${f.schedule}" lost its lease, because this process gave no sign of life in time; others may have gone on without it, so let it end; let long work push a job`,
  E_UNKNOWN_ZONE: (f: { where: string; zone: string; nearest: string | undefined }) =>
    `${f.where}: there is no time zone ${shown(f.zone)}; ${f.nearest ? `did you mean "${f.nearest}"?` : 'use an IANA name such as "Europe/Madrid"'}`,
  E_BAD_CRON: (f: { expression: unknown; fault: string }) =>
    `cron ${shown(f.expression)} ${f.fault}`,
  E_BAD_TIME: (f: { where: string; given: unknown; allowed: string }) =>
    `${f.where} was given the time ${shown(f.given)}; use ${f.allowed}`,
  E_BAD_TIMING: (f: { where: string; fault: string }) => `${f.where} ${f.fault}`,
  E_BAD_INSTANT: (f: { where: string; given: unknown }) =>
    `${f.where}: expected a Date, epoch milliseconds, a Temporal.Instant or a Temporal.ZonedDateTime, got ${shown(f.given)}`,
  E_DEADLINE_PAST: (f: { where: string; deadline: string; now: string }) =>
    `${f.where} ends at ${f.deadline}, which is not after ${f.now}; give it a later end, or remove the schedule`,
  E_SCHEDULE_NEEDS_NAME: (f: { words: string }) =>
    `the schedule "${f.words}" runs an anonymous function and has no name; write .name('...') before its .do(...)`,
  E_SCHEDULE_NAME_TWICE: (f: { name: string; first: string; second: string; free: string }) =>
    `two schedules are named "${f.name}" (${f.first}; ${f.second}); give the second its own: .name('${f.free}')`,
  E_SCHEDULE_NEEDS_QUEUE: (f: { schedule: string; job: string }) =>
    `schedule "${f.schedule}" pushes "${f.job}", and this timetable has no queue; give it one: new Timetable({ push })`,
  E_TIMETABLE_CLOSED: (f: { where: string }) =>
    `${f.where} came after the timetable was closed; write schedules inside register()`,
}

export type Catalogue = typeof catalogue
export type ErrorCode = keyof Catalogue

import * as format from './format.ts'
import { alone, needs, overTls } from './variables.ts'

/** What every application has: its environment and its name. */
export const app = {
  env: {
    doc: 'Where the application runs: local, testing, staging, production or a name of your own.',
    format: format.text(),
    default: 'local',
    env: 'APP_ENV',
  },
  name: {
    doc: 'The name of the application: it is in every log line, and keys in Redis begin with it.',
    format: format.text(),
    default: 'equipage',
    env: 'APP_NAME',
  },
}

/** Where log lines go. */
export const log = {
  level: {
    doc: 'The least severe line that is written.',
    format: format.oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    default: 'info',
    env: 'LOG_LEVEL',
  },
  channel: {
    doc: 'console (standard output), single (one file), daily (a file a day), stack (several channels) or null (nowhere).',
    format: format.oneOf('console', 'single', 'daily', 'stack', 'null'),
    default: 'console',
    env: 'LOG_CHANNEL',
  },
  format: {
    doc: 'How the console is written; auto is pretty on a terminal and json elsewhere.',
    format: format.oneOf('auto', 'json', 'pretty'),
    default: 'auto',
    env: 'LOG_FORMAT',
  },
  stack: {
    doc: 'The channels of the stack channel.',
    format: format.csv(),
    default: ['console', 'daily'],
    env: 'LOG_STACK',
  },
  file: {
    doc: 'The file of the single channel; daily puts the date before its ending. Relative to the application.',
    format: format.text(),
    default: 'storage/logs/app.log',
    env: 'LOG_FILE',
  },
  keep: {
    doc: 'How many files the daily channel keeps.',
    format: format.int(1, 3_650),
    default: 7,
    env: 'LOG_KEEP',
  },
  redact: {
    doc: 'Paths in a log line whose values are hidden, beside passwords, tokens and secrets: payload.email, *.iban.',
    format: format.csv(),
    default: [] as string[],
    env: 'LOG_REDACT',
  },
}

/** What carries jobs, and the workers that run them. */
export const queue = {
  connection: {
    doc: 'What carries jobs: sync runs them in the process that pushes them, redis hands them to workers.',
    format: format.oneOf('sync', 'redis'),
    default: 'sync',
    env: 'QUEUE_CONNECTION',
  },
  sync: {
    file: {
      doc: 'Under sync: the SQLite file of delayed and failed jobs and of the scheduler. Relative to the application.',
      format: format.text(),
      default: 'storage/queue.sqlite',
      env: 'QUEUE_SYNC_FILE',
    },
  },
  redis: {
    url: {
      doc: 'The server as one address: redis://user:password@host:6379/0, or rediss:// for TLS.',
      format: format.url('redis', 'rediss'),
      default: null,
      nullable: true,
      sensitive: true,
      env: 'REDIS_URL',
      beside: alone(
        'REDIS_HOST',
        'REDIS_PORT',
        'REDIS_SOCKET',
        'REDIS_CLUSTER',
        'REDIS_SENTINELS',
        'REDIS_DB',
        'REDIS_USERNAME',
        'REDIS_PASSWORD',
        'REDIS_TLS',
      ),
    },
    host: { doc: 'The server.', format: format.text(), default: '127.0.0.1', env: 'REDIS_HOST' },
    port: { doc: 'Its port.', format: format.port(), default: 6_379, env: 'REDIS_PORT' },
    socket: {
      doc: 'The Unix socket of a server on this machine, in place of host and port.',
      format: format.text(),
      default: null,
      nullable: true,
      env: 'REDIS_SOCKET',
      beside: alone('REDIS_HOST', 'REDIS_PORT', 'REDIS_CLUSTER', 'REDIS_SENTINELS', 'REDIS_TLS'),
    },
    cluster: {
      doc: 'Nodes of a Redis Cluster, one or more, in place of host and port; they name the others.',
      format: format.addresses(),
      default: null,
      nullable: true,
      env: 'REDIS_CLUSTER',
      beside: alone('REDIS_HOST', 'REDIS_PORT', 'REDIS_SENTINELS', 'REDIS_DB'),
    },
    db: {
      doc: 'The number of the database.',
      format: format.int(0, 1_000_000),
      default: 0,
      env: 'REDIS_DB',
    },
    username: {
      doc: 'The user, where the server has users.',
      format: format.text(),
      default: null,
      nullable: true,
      env: 'REDIS_USERNAME',
    },
    password: {
      doc: 'The password.',
      format: format.text(),
      default: null,
      nullable: true,
      sensitive: true,
      env: 'REDIS_PASSWORD',
    },
    sentinel: {
      addresses: {
        doc: 'The Sentinels, which are asked where the server is, in place of host and port.',
        format: format.addresses(),
        default: null,
        nullable: true,
        env: 'REDIS_SENTINELS',
        beside: alone('REDIS_HOST', 'REDIS_PORT'),
      },
      name: {
        doc: 'The name under which the Sentinels watch the server.',
        format: format.text(),
        default: 'mymaster',
        env: 'REDIS_SENTINEL_NAME',
      },
      password: {
        doc: 'The password of the Sentinels themselves.',
        format: format.text(),
        default: null,
        nullable: true,
        sensitive: true,
        env: 'REDIS_SENTINEL_PASSWORD',
      },
    },
    tls: {
      enabled: {
        doc: "Whether to speak TLS; the server's certificate has to be valid for the name it is reached by.",
        format: format.bool(),
        default: false,
        env: 'REDIS_TLS',
      },
      ca: {
        doc: "The file (PEM) of the authority that signed the server's certificate, where it is none that the system trusts.",
        format: format.text(),
        default: null,
        nullable: true,
        env: 'REDIS_TLS_CA',
        beside: overTls(),
      },
      cert: {
        doc: 'The file (PEM) of the certificate that is shown to the server, where it asks for one.',
        format: format.text(),
        default: null,
        nullable: true,
        env: 'REDIS_TLS_CERT',
        beside: needs('REDIS_TLS_KEY'),
      },
      key: {
        doc: 'The file (PEM) of the private key of that certificate.',
        format: format.text(),
        default: null,
        nullable: true,
        env: 'REDIS_TLS_KEY',
        beside: needs('REDIS_TLS_CERT'),
      },
    },
    prefix: {
      doc: "What keys in Redis begin with; the application's name when it is not set. On a Cluster it is in braces.",
      format: format.text(),
      default: null,
      nullable: true,
      env: 'REDIS_PREFIX',
    },
  },
  payload: {
    limit: {
      doc: 'The most that a payload may take as JSON.',
      format: format.size(),
      default: '10MB',
      env: 'QUEUE_PAYLOAD_LIMIT',
    },
  },
  keep: {
    completed: {
      age: {
        doc: 'How long a completed job is kept.',
        format: format.duration(),
        default: '1d',
        env: 'QUEUE_KEEP_COMPLETED_AGE',
      },
      count: {
        doc: 'How many completed jobs a queue keeps.',
        format: format.int(0, 10_000_000),
        default: 1_000,
        env: 'QUEUE_KEEP_COMPLETED_COUNT',
      },
    },
    failed: {
      age: {
        doc: 'How long a failed job is kept.',
        format: format.duration(),
        default: '30d',
        env: 'QUEUE_KEEP_FAILED_AGE',
      },
      count: {
        doc: 'How many failed jobs a queue keeps.',
        format: format.int(0, 10_000_000),
        default: 10_000,
        env: 'QUEUE_KEEP_FAILED_COUNT',
      },
    },
  },
  worker: {
    queues: {
      doc: 'The queues that `node queues.ts` consumes; all that the jobs name when it is not set.',
      format: format.csv(),
      default: null,
      nullable: true,
      env: 'WORKER_QUEUES',
    },
    concurrency: {
      doc: 'How many jobs of one queue a worker runs at a time.',
      format: format.int(1, 10_000),
      default: 10,
      env: 'WORKER_CONCURRENCY',
    },
    processes: {
      doc: 'How many processes `node queues.ts` runs the jobs in; more than one are its children, which it starts again when they die.',
      format: format.int(1, 1_000),
      default: 1,
      env: 'WORKER_PROCESSES',
    },
    balance: {
      doc: 'auto gives every process one queue, and moves processes to the queues where jobs wait longest; off gives each of them all queues.',
      format: format.oneOf('auto', 'off'),
      default: 'off',
      env: 'WORKER_BALANCE',
    },
    maxJobs: {
      doc: 'After how many attempts a worker process ends, for a supervisor to start it anew; never when it is not set.',
      format: format.int(1, 1_000_000_000),
      default: null,
      nullable: true,
      env: 'WORKER_MAX_JOBS',
    },
    maxMemory: {
      doc: 'With how much resident memory after a job, its isolated processes included, a worker process ends, for a supervisor to start it anew; never when it is not set.',
      format: format.size(),
      default: null,
      nullable: true,
      env: 'WORKER_MAX_MEMORY',
    },
    lock: {
      doc: 'How long a worker may be silent before its jobs run elsewhere.',
      format: format.duration('1s'),
      default: '30s',
      env: 'WORKER_LOCK',
    },
    grace: {
      doc: 'How long running jobs may take to end when the process stops.',
      format: format.duration(),
      default: '20s',
      env: 'WORKER_GRACE',
    },
  },
}

/** The database of the application, reached as `app.database`. */
export const database = {
  connection: {
    doc: 'SQLite in a file, or PostgreSQL.',
    format: format.oneOf('sqlite', 'pgsql'),
    default: 'sqlite',
    env: 'DB_CONNECTION',
  },
  database: {
    doc: "SQLite's file, relative to the application (storage/database.sqlite when not set), or PostgreSQL's database (the application's name).",
    format: format.text(),
    default: null,
    nullable: true,
    env: 'DB_DATABASE',
  },
  host: {
    doc: "PostgreSQL's server.",
    format: format.text(),
    default: '127.0.0.1',
    env: 'DB_HOST',
  },
  port: { doc: 'Its port.', format: format.port(), default: 5_432, env: 'DB_PORT' },
  username: { doc: 'The user.', format: format.text(), default: 'postgres', env: 'DB_USERNAME' },
  password: {
    doc: 'The password.',
    format: format.text(),
    default: null,
    nullable: true,
    sensitive: true,
    env: 'DB_PASSWORD',
  },
}

/** What fires the ticks. */
export const scheduler = {
  timezone: {
    doc: "The zone of schedules that name none; the system's when it is not set.",
    format: format.zone(),
    default: null,
    nullable: true,
    env: 'SCHEDULER_TIMEZONE',
  },
  ledger: {
    age: {
      doc: 'How long the fate of a tick is kept.',
      format: format.duration(),
      default: '30d',
      env: 'SCHEDULER_LEDGER_AGE',
    },
    count: {
      doc: 'How many fates are kept of each schedule; one takes about 200 bytes.',
      format: format.int(1, 1_000_000),
      default: 2_000,
      env: 'SCHEDULER_LEDGER_COUNT',
    },
  },
}

/** Where the pages of `web.ts` are served. */
export const web = {
  host: {
    doc: 'The address that pages are served on.',
    format: format.text(),
    default: '127.0.0.1',
    env: 'WEB_HOST',
  },
  port: { doc: 'The port.', format: format.port(), default: 8_082, env: 'WEB_PORT' },
}

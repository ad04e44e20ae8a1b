import { Redis } from 'ioredis'

/** Processor time so far, of user and system, microseconds. */
export interface ProcessorTime {
  readonly redisUs: number
  readonly clientUs: number
}

/** Reads the processor time of a Redis and of this process, over a connection of its own. */
export class ProcessorTimes {
  readonly #redis: Redis

  constructor(port: number) {
    this.#redis = new Redis({ host: '127.0.0.1', port })
  }

  async read(): Promise<ProcessorTime> {
    const { user, system } = process.cpuUsage()
    const info = await this.#redis.info('cpu')
    const seconds = (field: string) =>
      Number(new RegExp(`^${field}:([\\d.]+)`, 'm').exec(info)?.[1] ?? Number.NaN)
    const redisSeconds = seconds('used_cpu_user') + seconds('used_cpu_sys')
    return { redisUs: redisSeconds * 1_000_000, clientUs: user + system }
  }

  close(): void {
    this.#redis.disconnect()
  }
}

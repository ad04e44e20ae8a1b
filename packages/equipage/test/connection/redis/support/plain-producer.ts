import { Queue } from 'bullmq'

// A program that knows BullMQ alone: adds the jobs that it is told, and ends.
const [port, prefix = '', jobs = '[]'] = process.argv.slice(2)
const queue = new Queue('default', {
  connection: { host: '127.0.0.1', port: Number(port) },
  prefix,
})
await queue.addBulk(JSON.parse(jobs))
await queue.close()

import { createHash } from 'node:crypto'
import {
  moveJobFromActiveToWait,
  moveToActive,
  moveToDelayed,
  moveToFinished,
  retryJob,
} from 'bullmq/dist/cjs/scripts/index.js'

/**
 * BullMQ's scripts that end or take a job, as functions of one script: each is given its KEYS and
 * ARGV. Their texts are those of the installed package, so what is rare (parents, keys, priorities,
 * rate limits, metrics) has BullMQ's own effect. The digests are those of the versions that the
 * short ways in step-script.ts were written beside.
 */
const functions = [
  {
    script: moveToActive,
    digest: '7d35069db0b831af1bd1b2d5eb8d524e86fc7d3280b8c684a96b6614bad7d79a',
  },
  {
    script: moveToFinished,
    digest: '8e744ec5d65dbe9e7ffb6e39a96c0268bba65e4f0b1d04e2d2a42ccb71b45a6d',
  },
  {
    script: moveToDelayed,
    digest: '1a7b9311ef92fd66416973c29fa8b2c909cec58d0bfcf3e5ab53bb07ea1664d7',
  },
  {
    script: retryJob,
    digest: '01f75f76043050807bce00f70908be7c15c7a29ce5f1f69d85a24d15f1099967',
  },
  {
    script: moveJobFromActiveToWait,
    digest: 'ac9546cdd23294a20e0941aa531b52d83ce387e69a6a3c251af5ca0266bb0753',
  },
]

/** The functions, as Lua; each by the name of its script. */
export const bullFunctions = functions
  .map(({ script }) => `local function ${script.name}(KEYS, ARGV)\n${script.content}\nend\n`)
  .join('')

/** Scripts of the installed BullMQ that are not those which the short ways stand beside; with one of them every job goes the long way. */
export const unknownScripts: readonly string[] = functions.flatMap(({ script, digest }) =>
  createHash('sha256').update(script.content).digest('hex') === digest ? [] : [script.name],
)

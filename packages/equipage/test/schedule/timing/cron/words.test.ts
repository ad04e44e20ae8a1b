import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCron } from '../../../../src/schedule/timing/cron/parse.ts'

/** One expression for every way of telling, with what it means; crontabs.tsv has real ones. */
const told: readonly [expression: string, words: string][] = [
  ['* * * * *', 'every minute'],
  ['*/1 * * * *', 'every minute'],
  ['*/5 * * * *', 'every 5 minutes'],
  ['*/15 * * * 1-5', 'every 15 minutes on Monday to Friday'],
  ['*/7 * * * *', 'at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour'],
  ['0 * * * *', 'every hour'],
  ['17 * * * *', 'every hour at :17'],
  ['05,35 * * * *', 'every hour at :05 and :35'],
  ['09,39 * * * *', 'every hour at :09 and :39'],
  ['5-55/10 * * * *', 'every hour at :05, :15, :25, :35, :45 and :55'],
  ['0 */2 * * *', 'every 2 hours'],
  ['23 */2 * * *', 'every 2 hours at :23'],
  ['0 */5 * * *', 'at :00 in the hours 0, 5, 10, 15 and 20'],
  ['*/10 */2 * * *', 'every 10 minutes of every 2nd hour'],
  ['25 6 * * *', 'every day at 06:25'],
  ['47 6 * * 7', 'on Sunday at 06:47'],
  ['52 6 1 * *', 'on day 1 of every month at 06:52'],
  ['30 7-23 * * *', 'every hour from 07:30 to 23:30'],
  ['*/20 9-17 * * 1-5', 'every 20 minutes from 09:00 to 17:59 on Monday to Friday'],
  ['0 9,12,18 * * mon-fri', 'on Monday to Friday at 09:00, 12:00 and 18:00'],
  ['57 0 * * 0', 'on Sunday at 00:57'],
  ['24 0 * * 0', 'on Sunday at 00:24'],
  ['10 3 * * 0 ', 'on Sunday at 03:10'],
  ['0 22 * * 1-5', 'on Monday to Friday at 22:00'],
  ['5 4 * * sun', 'on Sunday at 04:05'],
  [
    '0 0,12 1 */2 *',
    'on day 1 of January, March, May, July, September and November at 00:00 and 12:00',
  ],
  ['15 14 1 * *', 'on day 1 of every month at 14:15'],
  ['23 0-20/2 * * *', 'at :23 in the hours 0, 2, 4, 6, 8, 10, 12, 14, 16, 18 and 20'],
  ['0 0 1,15 * 3', 'on days 1 and 15 of every month or on Wednesday at 00:00'],
  ['0 4 8-14 * *', 'on days 8 to 14 of every month at 04:00'],
  [
    '0 0 */2 * 1',
    'on days 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29 and 31 of every month if it is Monday at 00:00',
  ],
  ['0 12 1-7 * *', 'on days 1 to 7 of every month at 12:00'],
  ['0 2 * * 2-6', 'on Tuesday to Saturday at 02:00'],
  ['0 2 * * 5-7,2', 'on Tuesday and Friday to Sunday at 02:00'],
  ['0 2 * * 6,0', 'on Saturday and Sunday at 02:00'],
  ['30 1 1 1,4,7,10 *', 'on day 1 of January, April, July and October at 01:30'],
  ['0 0 1 1 *', 'on day 1 of January at 00:00'],
  ['0 5 24-26 12 *', 'on days 24 to 26 of December at 05:00'],
  ['*/30 8-18 * 1-6 *', 'every 30 minutes from 08:00 to 18:59 in January to June'],
  ['* 3 * * *', 'every minute from 03:00 to 03:59'],
  ['*/10 * * * * *', 'every 10 seconds'],
  ['* * * * * *', 'every second'],
  ['30 * * * * *', 'at second 30 of every minute'],
  ['*/15 0 3 * * *', 'every 15 seconds at minute 0 from 03:00 to 03:59'],
  ['15 30 4 * * *', 'every day at 04:30:15'],
  ['0 18 L * *', 'on the last day of every month at 18:00'],
  ['0 18 LW * *', 'on the last weekday of every month at 18:00'],
  ['0 18 L-1 * *', 'on the 1st day before the last of every month at 18:00'],
  ['0 9 15W * *', 'on the weekday nearest to day 15 of every month at 09:00'],
  ['0 9 * * 1#1', 'on the 1st Monday of every month at 09:00'],
  ['0 9 * * 5L', 'on the last Friday of every month at 09:00'],
  ['0 9 ? * MON-WED', 'on Monday to Wednesday at 09:00'],
  ['@daily', 'every day at 00:00'],
  ['@weekly', 'on Sunday at 00:00'],
  ['@monthly', 'on day 1 of every month at 00:00'],
  ['@yearly', 'on day 1 of January at 00:00'],
  ['@hourly', 'every hour'],
]

describe('a cron expression in words', () => {
  for (const [expression, words] of told)
    it(`says what it means: ${expression}`, () =>
      assert.equal(parseCron(expression).pattern.words, words))
})

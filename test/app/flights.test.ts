import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Migration } from 'kysely/migration'
import { Flights } from '../../app/flights/flights.ts'
import { FlightsFolder } from '../../app/flights/source.ts'
import { UnknownDay } from '../../app/flights/unknown-day.ts'
import * as flightsMigration from '../../app/migrations/2026-11-21-flights.ts'
import { flightsDatabase } from './support/flights-database.ts'
import { airport, flight, ListSource } from './support/list-source.ts'

const data = join(import.meta.dirname, '../../resources/data')

async function flightsOver(t: TestContext, source: ListSource) {
  const { db } = await flightsDatabase(t)
  const rows = () => db.selectFrom('flights').selectAll().orderBy('date').orderBy('position')
  return { db, flights: new Flights(db, source), rows: () => rows().execute() }
}

test('the next day is the first of the source that the table lacks, also when a later one is there', async t => {
  const source = new ListSource([
    flight('2001-01-03', 'JFK', 'LAX'),
    flight('2001-01-01', 'JFK', 'LAX'),
    flight('2001-01-02', 'JFK', 'LAX'),
  ])
  const { flights } = await flightsOver(t, source)

  assert.equal(await flights.nextDay(), '2001-01-01')
  await flights.ingest('2001-01-02')
  assert.equal(await flights.nextDay(), '2001-01-01')
  await flights.ingest('2001-01-01')
  assert.equal(await flights.nextDay(), '2001-01-03')
})

test('there is no next day when every day is ingested, and none in an empty source', async t => {
  const source = new ListSource([])
  const { flights } = await flightsOver(t, source)
  assert.equal(await flights.nextDay(), null)
  source.flights = [flight('2001-01-01', 'JFK', 'LAX')]
  await flights.ingest('2001-01-01')
  assert.equal(await flights.nextDay(), null)
})

test('a day is told by its flights and by the sorted codes that they name, each once', async t => {
  const source = new ListSource([
    flight('2001-01-01', 'SFO', 'BOS'),
    flight('2001-01-01', 'BOS', 'ATL'),
    flight('2001-01-02', 'MIA', 'ORD'),
  ])
  const { flights } = await flightsOver(t, source)
  const day = { date: '2001-01-01', flights: 2, airports: ['ATL', 'BOS', 'SFO'] }
  assert.deepEqual(await flights.ingest('2001-01-01'), day)
})

test('two flights that are alike to the minute are both kept', async t => {
  const source = new ListSource([
    flight('2001-01-01', 'JFK', 'LAX'),
    flight('2001-01-01', 'JFK', 'LAX'),
  ])
  const { flights, rows } = await flightsOver(t, source)
  await flights.ingest('2001-01-01')
  assert.equal((await rows()).length, 2)
})

test('ingesting a day again changes nothing', async t => {
  const source = new ListSource([
    flight('2001-01-01', 'JFK', 'LAX', 5),
    flight('2001-01-01', 'BOS', 'LAX', -3),
    flight('2001-01-02', 'BOS', 'LAX', 0),
  ])
  const { flights, rows } = await flightsOver(t, source)
  await flights.ingest('2001-01-02')
  const first = await flights.ingest('2001-01-01')
  const before = await rows()

  assert.deepEqual(await flights.ingest('2001-01-01'), first)
  assert.deepEqual(await rows(), before)
})

test('a day that the source corrected replaces the old one whole, and no other day', async t => {
  const other = flight('2001-01-02', 'BOS', 'LAX')
  const source = new ListSource([
    flight('2001-01-01', 'JFK', 'LAX', 1),
    flight('2001-01-01', 'JFK', 'SFO', 2),
    flight('2001-01-01', 'JFK', 'ORD', 3),
    other,
  ])
  const { flights, rows } = await flightsOver(t, source)
  await flights.ingest('2001-01-01')
  await flights.ingest('2001-01-02')

  source.flights = [flight('2001-01-01', 'MIA', 'ATL', -4), other]
  await flights.ingest('2001-01-01')

  const [corrected, kept, ...more] = await rows()
  assert.deepEqual(
    { ...corrected },
    {
      date: '2001-01-01',
      position: 0,
      departs_at: '2001-01-01T08:00',
      origin: 'MIA',
      destination: 'ATL',
      delay_minutes: -4,
      distance_miles: 500,
    },
  )
  assert.equal(kept?.date, '2001-01-02')
  assert.deepEqual(more, [])
})

test('a day that the source does not have is refused with the days that it has', async t => {
  const source = new ListSource([
    flight('2001-01-01', 'JFK', 'LAX'),
    flight('2001-01-02', 'JFK', 'LAX'),
  ])
  const { flights, rows } = await flightsOver(t, source)
  await assert.rejects(flights.ingest('2002-02-30'), error => {
    assert(error instanceof UnknownDay)
    assert.equal(
      error.message,
      'the source has no flights on "2002-02-30"; it has 2 days, 2001-01-01 to 2001-01-02',
    )
    return true
  })
  assert.deepEqual(await rows(), [])
})

test('a day with more flights than one statement carries is written whole', async t => {
  const source = new ListSource(
    Array.from({ length: 1000 }, (_, delay) => flight('2001-01-01', 'JFK', 'LAX', delay)),
  )
  const { flights, rows } = await flightsOver(t, source)
  await flights.ingest('2001-01-01')
  assert.deepEqual(
    (await rows()).map(row => row.delay_minutes),
    source.flights.map(each => each.delayMinutes),
  )
})

test('an ingestion aborted between two statements leaves the day as it was', async t => {
  const source = new ListSource([flight('2001-01-01', 'JFK', 'LAX', 1)])
  const { flights, rows } = await flightsOver(t, source)
  await flights.ingest('2001-01-01')
  const before = await rows()

  const { signal } = new AbortController()
  let looks = 0
  t.mock.method(signal, 'throwIfAborted', () => {
    looks += 1
    if (looks === 3) throw new Error('aborted')
  })
  source.flights = Array.from({ length: 1000 }, () => flight('2001-01-01', 'BOS', 'MIA'))
  await assert.rejects(flights.ingest('2001-01-01', signal), /aborted/)
  assert.deepEqual(await rows(), before)
})

test('only airports that are not known yet are asked for, and each once', async t => {
  const source = new ListSource([], [airport('ATL', 'GA'), airport('BOS', 'MA')])
  const { db, flights } = await flightsOver(t, source)

  assert.deepEqual(await flights.ingestAirports(['BOS', 'BOS']), {
    added: ['BOS'],
    known: 0,
    missing: [],
  })
  assert.deepEqual(await flights.ingestAirports(['XXX', 'BOS', 'ATL', 'XXX']), {
    added: ['ATL'],
    known: 1,
    missing: ['XXX'],
  })
  assert.deepEqual(await flights.ingestAirports(['ATL', 'BOS']), {
    added: [],
    known: 2,
    missing: [],
  })
  assert.deepEqual(await flights.ingestAirports([]), { added: [], known: 0, missing: [] })
  assert.deepEqual(source.airportsAsked, [['BOS'], ['ATL', 'XXX']])

  const boston = await db.selectFrom('airports').selectAll().where('iata', '=', 'BOS').execute()
  assert.deepEqual(
    boston.map(row => ({ ...row })),
    [airport('BOS', 'MA')],
  )
})

test('an airport that came into the table while the source was asked counts as known', async t => {
  const source = new ListSource([], [airport('ATL', 'GA'), airport('BOS', 'MA')])
  const { db, flights } = await flightsOver(t, source)
  const answer = source.airportsOf.bind(source)
  t.mock.method(source, 'airportsOf', async (codes: string[]) => {
    await db.insertInto('airports').values(airport('ATL', 'GA')).execute()
    return answer(codes)
  })
  assert.deepEqual(await flights.ingestAirports(['ATL', 'BOS']), {
    added: ['BOS'],
    known: 1,
    missing: [],
  })
})

test('a flight is delayed above 0 minutes, and its state is that of its origin', async t => {
  const source = new ListSource(
    [
      flight('2001-01-01', 'JFK', 'LAX', 30),
      flight('2001-01-01', 'BUF', 'LAX', 0),
      flight('2001-01-01', 'BUF', 'LAX', -10),
      flight('2001-01-02', 'LAX', 'JFK', 1),
    ],
    [airport('JFK', 'NY'), airport('BUF', 'NY'), airport('LAX', 'CA')],
  )
  const { flights } = await flightsOver(t, source)
  for (const day of await source.days()) {
    await flights.ingestAirports((await flights.ingest(day)).airports)
  }
  assert.deepEqual(await flights.delaysByState(), [
    { state: 'CA', flights: 1, delayed: 1, totalDelayMinutes: 1, meanDelayMinutes: 1 },
    { state: 'NY', flights: 3, delayed: 1, totalDelayMinutes: 20, meanDelayMinutes: 20 / 3 },
  ])
})

test('flights from nowhere known, from territories and from abroad have their named rows, last', async t => {
  const origins = ['WYO', 'AAA', 'SJU', 'ROP', 'SCE', 'ALB']
  const source = new ListSource(
    origins.map(origin => flight('2001-01-01', origin, 'ALB')),
    [
      airport('WYO', 'WY'),
      airport('SJU', 'PR'),
      airport('ROP', 'NA', 'Thailand'),
      airport('SCE', 'NA'),
      airport('ALB', 'NY'),
    ],
  )
  const { flights } = await flightsOver(t, source)
  const { airports } = await flights.ingest('2001-01-01')
  const before = await flights.delaysByState()
  assert.deepEqual(
    before.map(row => [row.state, row.flights]),
    [['State unknown', 6]],
  )

  await flights.ingestAirports(airports)
  const after = await flights.delaysByState()
  assert.deepEqual(
    after.map(row => [row.state, row.flights]),
    [
      ['NY', 1],
      ['WY', 1],
      ['Outside the states', 2],
      ['State unknown', 2],
    ],
  )
})

test('no flights give no rows', async t => {
  const { flights } = await flightsOver(t, new ListSource([]))
  assert.deepEqual(await flights.delaysByState(), [])
})

test('the same day ingested many times at once in one process is there once', async t => {
  const source = new ListSource(
    Array.from({ length: 300 }, (_, delay) => flight('2001-01-01', 'JFK', 'LAX', delay)),
    [airport('JFK', 'NY'), airport('LAX', 'CA')],
  )
  const { flights, rows } = await flightsOver(t, source)
  const days = await Promise.all(Array.from({ length: 5 }, () => flights.ingest('2001-01-01')))
  const airports = await Promise.all(days.map(day => flights.ingestAirports(day.airports)))

  assert.equal((await rows()).length, 300)
  assert.deepEqual(airports.flatMap(result => result.added).sort(), ['JFK', 'LAX'])
})

test('four processes that ingest the same days at once leave each day once and each airport added by one', async t => {
  const { db, file } = await flightsDatabase(t)
  const source = new FlightsFolder(data)
  const days = (await source.days()).slice(0, 10)
  const script = join(import.meta.dirname, 'support/ingest-process.ts')
  const children = Array.from({ length: 4 }, () => fork(script, [file, data, ...days]))
  t.after(() => {
    for (const child of children) child.kill()
  })

  await Promise.all(children.map(child => nextMessage(child)))
  const answers = children.map(child => nextMessage(child))
  const exits = children.map(child => once(child, 'exit'))
  for (const child of children) child.send('go')
  const added = (await Promise.all(answers)).flatMap(
    answer => (answer as { added: string[] }).added,
  )
  assert.deepEqual(await Promise.all(exits), [
    [0, null],
    [0, null],
    [0, null],
    [0, null],
  ])

  for (const day of days) {
    const rows = await db
      .selectFrom('flights')
      .select(['departs_at as departsAt', 'origin', 'delay_minutes as delayMinutes'])
      .where('date', '=', day)
      .orderBy('position')
      .execute()
    const expected = (await source.flightsOf(day)).map(({ departsAt, origin, delayMinutes }) => ({
      departsAt,
      origin,
      delayMinutes,
    }))
    assert.deepEqual(
      rows.map(row => ({ ...row })),
      expected,
    )
  }
  const airports = await db.selectFrom('airports').select('iata').orderBy('iata').execute()
  assert.deepEqual(
    added.sort(),
    airports.map(row => row.iata),
  )
})

test('the migration can be taken back and made again', async t => {
  const { db } = await flightsDatabase(t)
  const tables = async () => (await db.introspection.getTables()).map(table => table.name)
  const own = ['airports', 'flights']
  const migration: Required<Migration> = flightsMigration
  await migration.down(db)
  assert.deepEqual((await tables()).filter(name => own.includes(name)).sort(), [])
  await migration.up(db)
  assert.deepEqual((await tables()).filter(name => own.includes(name)).sort(), own)
})

/** A child that ends without a word fails the test instead of hanging it. */
async function nextMessage(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  child.once('exit', () => ended.abort())
  const [message] = await once(child, 'message', { signal: ended.signal })
  return message
}

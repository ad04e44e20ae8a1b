import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { FlightsFolder } from '../../app/flights/source.ts'
import { SourceFault } from '../../app/flights/source-fault.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const row = {
  date: '2001/01/01 00:47',
  delay: 66,
  distance: 1750,
  origin: 'DTW',
  destination: 'LAS',
}
const header = 'iata,name,city,state,country,latitude,longitude'
const detroit = 'DTW,Detroit Metropolitan,Detroit,MI,USA,42.21205889,-83.34883583'

async function folderWith(t: TestContext, files: { flights?: unknown; airports?: string }) {
  const folder = await temporaryFolder(t)
  const { flights, airports } = files
  const json = typeof flights === 'string' ? flights : JSON.stringify(flights ?? [row])
  await writeFile(join(folder, 'flights-20k.json'), json)
  await writeFile(join(folder, 'airports.csv'), airports ?? `${header}\n${detroit}\n`)
  return { folder, source: new FlightsFolder(folder) }
}

test('the shipped data has 90 days in order, 20,000 flights, and every airport that they name', async () => {
  const source = new FlightsFolder(join(import.meta.dirname, '../../resources/data'))
  const days = await source.days()
  assert.equal(days.length, 90)
  assert.deepEqual(days, [...days].sort())
  assert.deepEqual([days[0], days.at(-1)], ['2001-01-01', '2001-03-31'])

  const flights = (await Promise.all(days.map(day => source.flightsOf(day)))).flat()
  assert.equal(flights.length, 20_000)
  const codes = flights.flatMap(flight => [flight.origin, flight.destination])
  assert.equal((await source.airportsOf(codes)).length, new Set(codes).size)
})

test('quoted fields of the shipped airports are whole: commas, and doubled quotes', async () => {
  const source = new FlightsFolder(join(import.meta.dirname, '../../resources/data'))
  const airports = await source.airportsOf(['BTR', 'DBN', 'N25'])
  assert.deepEqual(
    airports.map(({ iata, name, city, state }) => [iata, name, city, state]),
    [
      ['BTR', 'Baton Rouge Metropolitan, Ryan', 'Baton Rouge', 'LA'],
      ['DBN', 'W. H. "Bud" Barron', 'Dublin', 'GA'],
      ['N25', 'Westport', 'Westport, NY', 'NY'],
    ],
  )
})

test('days are sorted whatever the order of the file, and flights keep the order of theirs', async t => {
  const { source } = await folderWith(t, {
    flights: [
      { ...row, date: '2001/03/01 09:00', delay: 1 },
      { ...row, date: '2001/01/01 23:59', delay: 2 },
      { ...row, date: '2001/03/01 08:00', delay: 3 },
    ],
  })
  assert.deepEqual(await source.days(), ['2001-01-01', '2001-03-01'])
  assert.deepEqual(await source.flightsOf('2001-03-01'), [
    {
      date: '2001-03-01',
      departsAt: '2001-03-01T09:00',
      origin: 'DTW',
      destination: 'LAS',
      delayMinutes: 1,
      distanceMiles: 1750,
    },
    {
      date: '2001-03-01',
      departsAt: '2001-03-01T08:00',
      origin: 'DTW',
      destination: 'LAS',
      delayMinutes: 3,
      distanceMiles: 1750,
    },
  ])
  assert.deepEqual(await source.flightsOf('2001-02-01'), [])
})

test('airports are given each once and sorted, and unknown codes are left out', async t => {
  const { source } = await folderWith(t, {
    airports: `${header}\n${detroit}\n${detroit.replace('DTW', 'ATL')}\n`,
  })
  const airports = await source.airportsOf(['DTW', 'XXX', 'ATL', 'DTW'])
  assert.deepEqual(
    airports.map(airport => airport.iata),
    ['ATL', 'DTW'],
  )
})

test('airports are read with a byte order mark, CRLF, columns in any order, line breaks in quotes, no last line end', async t => {
  const { source } = await folderWith(t, {
    airports:
      '\uFEFFname,iata,longitude,latitude,country,state,city,note\r\n"Metro\r\nField",DTW,-83.3,42.2,USA,MI,Detroit,x\r\n\r\nHartsfield,ATL,-84.4,33.6,USA,GA,Atlanta,',
  })
  assert.deepEqual(await source.airportsOf(['ATL', 'DTW']), [
    {
      iata: 'ATL',
      name: 'Hartsfield',
      city: 'Atlanta',
      state: 'GA',
      country: 'USA',
      latitude: 33.6,
      longitude: -84.4,
    },
    {
      iata: 'DTW',
      name: 'Metro\r\nField',
      city: 'Detroit',
      state: 'MI',
      country: 'USA',
      latitude: 42.2,
      longitude: -83.3,
    },
  ])
})

const flightFaults: [what: string, flights: unknown, message: RegExp][] = [
  ['text that is not JSON', '[{', /^flights-20k\.json: is not JSON: /],
  [
    'something else than a list',
    { a: 1 },
    /^flights-20k\.json: expected a list of flights, got object$/,
  ],
  ['a row that is no object', [row, null], /^flights-20k\.json: row 2: .*got null$/],
  ['a delay in words', [row, { ...row, delay: 'late' }], /: row 2, "delay": .*, got "late"$/],
  ['half a minute', [{ ...row, delay: 0.5 }], /: row 1, "delay": .*, got 0\.5$/],
  [
    'a delay beyond the column',
    [{ ...row, delay: 2 ** 31 }],
    /: row 1, "delay": .*, got 2147483648$/,
  ],
  ['a distance below zero', [{ ...row, distance: -1 }], /: row 1, "distance": .*, got -1$/],
  [
    'a code of four letters',
    [{ ...row, origin: 'KDTW' }],
    /: row 1, "origin": expected an IATA code .*"KDTW"$/,
  ],
  [
    'a missing field',
    [{ ...row, destination: undefined }],
    /: row 1, "destination": .*, got nothing$/,
  ],
  [
    'another way to write a date',
    [{ ...row, date: '2001-01-01' }],
    /: row 1, "date": expected YYYY\/MM\/DD HH:MM, got "2001-01-01"$/,
  ],
  [
    'a day that no calendar has',
    [{ ...row, date: '2001/02/30 10:00' }],
    /: row 1, "date": no such day or time, got "2001\/02\/30 10:00"$/,
  ],
  [
    'a minute that no clock has',
    [{ ...row, date: '2001/02/03 10:60' }],
    /: row 1, "date": no such day or time/,
  ],
]

for (const [what, flights, message] of flightFaults) {
  test(`a flights' file with ${what} is refused by its place`, async t => {
    const { source } = await folderWith(t, { flights })
    await assert.rejects(source.days(), { name: 'SourceFault', message })
    await assert.rejects(source.flightsOf('2001-01-01'), { name: 'SourceFault', message })
  })
}

const airportFaults: [what: string, airports: string, message: RegExp][] = [
  ['nothing in it', '', /^airports\.csv: line 1: the column iata, name, .* is missing$/],
  [
    'a column missing',
    'iata,name\nDTW,Metro\n',
    /^airports\.csv: line 1: the column city, state, country, latitude, longitude is missing$/,
  ],
  [
    'a field too few',
    `${header}\nDTW,Metro,MI,USA,1,2\n`,
    /^airports\.csv: line 2: expected 7 fields, got 6$/,
  ],
  [
    'a quote left open',
    `${header}\n${detroit}\nATL,"Hartsfield,Atlanta,GA,USA,1,2\n`,
    /^airports\.csv: line 3: a quote that is not closed, or out of place$/,
  ],
  [
    'a quote inside a plain field',
    `${header}\nATL,Harts"field,Atlanta,GA,USA,1,2\n`,
    /^airports\.csv: line 2: a quote/,
  ],
  [
    'no latitude',
    `${header}\n${detroit.replace('42.21205889', '')}\n`,
    /^airports\.csv: line 2, "latitude": expected degrees as a decimal number, got ""$/,
  ],
  [
    'a latitude beyond the pole',
    `${header}\n${detroit.replace('42.2', '142.2')}\n`,
    /: line 2, "latitude": .*142/,
  ],
  [
    'a state in full',
    `${header}\n${detroit.replace(',MI,', ',Michigan,')}\n`,
    /: line 2, "state": expected two capital letters, got "Michigan"$/,
  ],
  [
    'an airport twice',
    `${header}\n${detroit}\n\n${detroit}\n`,
    /^airports\.csv: line 4: DTW stands in the file already$/,
  ],
]

for (const [what, airports, message] of airportFaults) {
  test(`an airports' file with ${what} is refused by its line`, async t => {
    const { source } = await folderWith(t, { airports })
    await assert.rejects(source.airportsOf(['DTW']), { name: 'SourceFault', message })
  })
}

test('of many faults the message lists three and the number of the others, and the error has them all', async t => {
  const flights = Array.from({ length: 10 }, () => ({ ...row, delay: null }))
  const { folder, source } = await folderWith(t, { flights })
  await assert.rejects(source.days(), error => {
    assert(error instanceof SourceFault)
    assert.match(error.message, /row 1, .*; row 2, .*; row 3, .*; and 7 more$/)
    assert.equal(error.faults.length, 10)
    assert.equal(error.file, join(folder, 'flights-20k.json'))
    return true
  })
})

test('a missing file is named with the place where it is expected', async t => {
  const folder = await temporaryFolder(t)
  const source = new FlightsFolder(folder)
  const message = `flights-20k.json: cannot be read (ENOENT); expected it at ${folder}/flights-20k.json`
  await assert.rejects(source.days(), { name: 'SourceFault', message })
  await assert.rejects(source.airportsOf([]), /^SourceFault: airports\.csv: cannot be read/)
})

test('a file that was repaired or has grown is read again', async t => {
  const { folder, source } = await folderWith(t, { flights: '[' })
  await assert.rejects(source.days(), SourceFault)
  await writeFile(join(folder, 'flights-20k.json'), JSON.stringify([row]))
  assert.deepEqual(await source.days(), ['2001-01-01'])
  const more = [row, { ...row, date: '2001/01/02 10:00' }]
  await writeFile(join(folder, 'flights-20k.json'), JSON.stringify(more))
  assert.deepEqual(await source.days(), ['2001-01-01', '2001-01-02'])
})

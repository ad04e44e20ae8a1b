import { z } from 'zod'

const code = z.string().regex(/^[A-Z]{3}$/, 'expected an IATA code of three capital letters')

const departure = z
  .string()
  .regex(/^\d{4}\/\d{2}\/\d{2} \d{2}:\d{2}$/, 'expected YYYY/MM/DD HH:MM')
  .transform(text => text.replaceAll('/', '-').replace(' ', 'T'))
  .refine(isMoment, 'no such day or time')

/** Rolled-over dates (February 30th) parse, but come back as another day. */
function isMoment(departsAt: string): boolean {
  const parsed = new Date(`${departsAt}Z`)
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(departsAt)
}

/** One element of the flights' file. Integers fit the four bytes of a column. */
export const flightRecord = z
  .object({
    date: departure,
    delay: z.int32(),
    distance: z.int32().nonnegative(),
    origin: code,
    destination: code,
  })
  .transform(record => ({
    /** YYYY-MM-DD */
    date: record.date.slice(0, 10),
    /** YYYY-MM-DDTHH:MM; the source names no zone. */
    departsAt: record.date,
    origin: record.origin,
    destination: record.destination,
    /** Negative when early. */
    delayMinutes: record.delay,
    distanceMiles: record.distance,
  }))

export type Flight = z.infer<typeof flightRecord>

/** `Number('')` is 0, which would put an airport without a place on the equator. */
function degrees(limit: number) {
  return z
    .string()
    .regex(/^-?\d+(\.\d+)?$/, 'expected degrees as a decimal number')
    .transform(Number)
    .pipe(z.number().min(-limit).max(limit))
}

const text = z.string().trim().min(1, 'expected some text')

/** One line of the airports' file, by its column names. */
export const airportRecord = z.object({
  iata: z.string().regex(/^[A-Z0-9]{3,4}$/, 'expected three or four capital letters or digits'),
  name: text,
  city: text,
  state: z.string().regex(/^[A-Z]{2}$/, 'expected two capital letters'),
  country: text,
  /** Degrees, north is positive. */
  latitude: degrees(90),
  /** Degrees, east is positive. */
  longitude: degrees(180),
})

export type Airport = z.infer<typeof airportRecord>

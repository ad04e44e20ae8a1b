import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Services } from '../../src/app/services.ts'

describe('services', () => {
  it('are made on first use, once', () => {
    const services = new Services()
    let made = 0
    const get = () => services.get('clock', () => ({ made: ++made }))
    assert.equal(made, 0)
    assert.equal(get(), get())
    assert.equal(made, 1)
  })

  it('are made once also when the service is nothing', () => {
    const services = new Services()
    let made = 0
    for (let time = 0; time < 2; time++) services.get('nothing', () => void made++)
    assert.equal(made, 1)
  })

  it('are made again when making them failed', () => {
    const services = new Services()
    const fail = () => {
      throw new Error('not yet')
    }
    assert.throws(() => services.get('late', fail), /not yet/)
    assert.equal(
      services.get('late', () => 'there'),
      'there',
    )
  })

  it('that need each other in a circle are named in their order', () => {
    const services = new Services()
    const a = (): unknown => services.get('a', b)
    const b = (): unknown => services.get('b', c)
    const c = (): unknown => services.get('c', b)
    assert.throws(a, {
      code: 'E_SERVICE_CYCLE',
      message:
        'services need each other to be made: b -> c -> b; let one of them ask for the other when it is called, not when it is made',
    })
    assert.equal(
      services.get('b', () => 'usable afterwards'),
      'usable afterwards',
    )
  })

  it('of a symbol and of a string that reads the same are two', () => {
    const services = new Services()
    const key = Symbol('queue')
    assert.equal(
      services.get(key, () => 1),
      1,
    )
    assert.equal(
      services.get('queue', () => 2),
      2,
    )
    const cycle = (): unknown =>
      services.get(Symbol.for('outer'), () => services.get('inner', cycle))
    assert.throws(cycle, { code: 'E_SERVICE_CYCLE', message: /: outer -> inner -> outer;/ })
  })

  it('can be replaced before they are used, and not after', () => {
    const services = new Services()
    services.replace('clock', 'fake')
    services.replace('clock', 'another fake')
    assert.equal(
      services.get('clock', () => assert.fail('it was made')),
      'another fake',
    )
    services.get('log', () => 'real')
    assert.throws(() => services.replace('log', 'fake'), {
      code: 'E_SERVICE_IN_USE',
      message: 'service "log" has been made already; replace it before anything uses it',
    })
  })
})

describe('the disposal of services', () => {
  it('goes in the reverse order of their making, one after the other', async () => {
    const services = new Services()
    const order: string[] = []
    const make = (name: string, inner?: () => unknown) =>
      services.get(
        name,
        () => {
          inner?.()
          return name
        },
        async service => {
          await new Promise(setImmediate)
          order.push(service)
        },
      )
    make('outer', () => make('inner'))
    make('last')
    await services.dispose()
    assert.deepEqual(order, ['last', 'outer', 'inner'])
    await services.dispose()
    assert.equal(order.length, 3)
  })

  it("calls a service's own disposal when no other is named", async () => {
    const services = new Services()
    const order: string[] = []
    services.get('sync', () => ({ [Symbol.dispose]: () => order.push('sync') }))
    services.get('async', () => ({ [Symbol.asyncDispose]: async () => order.push('async') }))
    services.get(
      'named',
      () => ({ [Symbol.dispose]: () => order.push('never') }),
      () => order.push('named'),
    )
    services.get('plain', () => 7)
    await services.dispose()
    assert.deepEqual(order, ['named', 'async', 'sync'])
  })

  it('reaches every service also when some fail, and reports every failure', async () => {
    const services = new Services()
    const order: string[] = []
    const fail = (text: string) => () => {
      throw new Error(text)
    }
    services.get(
      'first',
      () => 1,
      () => order.push('first'),
    )
    services.get('second', () => 2, fail('stuck'))
    services.get(
      'third',
      () => 3,
      async () => fail('lost')(),
    )
    await assert.rejects(services.dispose(), error => {
      assert.ok(error instanceof AggregateError)
      assert.deepEqual(error.errors.map(String), ['Error: lost', 'Error: stuck'])
      return true
    })
    assert.deepEqual(order, ['first'])
  })

  it('leaves what replaced them to whoever made it', async () => {
    const services = new Services()
    services.replace('clock', { [Symbol.dispose]: () => assert.fail('it was disposed of') })
    services.get('clock', () => assert.fail('it was made'))
    await services.dispose()
  })
})

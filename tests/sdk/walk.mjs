// The official JavaScript SDK walks through the guide; what it saw goes to standard output as JSON.
// Run with the Node of `tests/node`, in its folder; SEAM_ENDPOINT and SEAM_API_KEY say where to.
import {
  Seam,
  isSeamHttpApiError,
  isSeamHttpInvalidInputError,
  isSeamHttpUnauthorizedError,
} from 'seam'

const seam = new Seam()
const lock = process.env.LOCK
const since = '2026-01-01T00:00:00Z'
const seen = {}

const soon = (seconds) => new Date(Date.now() + seconds * 1000).toISOString()

async function poll(look, until) {
  const deadline = Date.now() + 60_000
  for (;;) {
    const now = await look()
    if (until(now)) return now
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(now)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function refusal(call, field) {
  try {
    await call()
  } catch (error) {
    if (isSeamHttpInvalidInputError(error)) {
      return ['invalid_input', error.statusCode, error.getValidationErrorMessages(field).length]
    }
    if (isSeamHttpUnauthorizedError(error)) return ['unauthorized', error.statusCode]
    if (isSeamHttpApiError(error)) return [error.code, error.statusCode]
    return ['untyped', String(error)]
  }
  return 'accepted'
}

const get = (id) => seam.accessCodes.get({ access_code_id: id })
const isSet = (code) => code.status === 'set'
const events = async (id) =>
  (await seam.events.list({ since, access_code_id: id })).map((event) => event.event_type)

const device = await seam.devices.get({ device_id: lock })
seen.flag = device.can_program_online_access_codes
seen.listed = (await seam.devices.list({ device_ids: [lock] })).length
seen.none = (await seam.devices.list({ device_ids: [] })).length

const ongoing = await seam.accessCodes.create({ device_id: lock, name: 'js', code: '4321' })
seen.ongoing = [ongoing.status, ongoing.type, ongoing.code]
await poll(() => get(ongoing.access_code_id), isSet)
seen.ongoingEvents = (await seam.events.list({ since, access_code_id: ongoing.access_code_id }))
  .filter((event) => event.event_type === 'access_code.set_on_device')
  .map((event) => event.code)

const drawn = await seam.accessCodes.create({ device_id: lock, preferred_code_length: 6 })
seen.drawn = drawn.code.length
await poll(() => get(drawn.access_code_id), isSet)

await seam.accessCodes.update({ access_code_id: drawn.access_code_id, name: 'renamed' })
seen.renamed = (await get(drawn.access_code_id)).name

const entry = await seam.locks.simulate.keypadCodeEntry({ device_id: lock, code: '4321' })
seen.entry = [entry.status, (await seam.events.get({ event_type: 'lock.unlocked' })).method]

const stay = await seam.accessCodes.create({
  device_id: lock,
  starts_at: soon(3600),
  ends_at: soon(7200),
})
const statuses = [stay.status]
const which = { access_code_id: stay.access_code_id }
await poll(() => get(stay.access_code_id), (code) => code.is_scheduled_on_device)
// The guest comes early, and the stay is cut short.
await seam.accessCodes.update({ ...which, starts_at: soon(0), ends_at: soon(7200) })
const inside = await poll(() => get(stay.access_code_id), isSet)
statuses.push(inside.status)
await seam.accessCodes.update({ ...which, starts_at: inside.starts_at, ends_at: soon(2) })
const gone = await poll(
  () =>
    get(stay.access_code_id).then(
      () => null,
      (error) => error
    ),
  Boolean
)
seen.stay = statuses
seen.stayGone = [gone.statusCode, gone.code]
const milestones = [
  'access_code.created',
  'access_code.scheduled_on_device',
  'access_code.set_on_device',
  'access_code.removed_from_device',
  'access_code.deleted',
]
const told = (await events(stay.access_code_id)).reverse()
seen.stayEvents = [...new Set(told.filter((type) => milestones.includes(type)))]

await seam.accessCodes.delete({ access_code_id: drawn.access_code_id })
await seam.accessCodes.delete({ access_code_id: drawn.access_code_id })

const pages = seam.createPaginator(seam.accessCodes.list({ device_id: lock, limit: 1 }))
const [firstPage, pagination] = await pages.firstPage()
seen.pages = [firstPage.length, pagination.hasNextPage, (await pages.flattenToArray()).length > 1]

const make = (params) => () => seam.accessCodes.create({ device_id: lock, ...params })
seen.refusals = {
  shortPin: await refusal(make({ code: '12' }), 'code'),
  numberAsPin: await refusal(make({ code: 1234 }), 'code'),
  past: await refusal(
    make({ starts_at: '2025-01-01T16:00:00Z', ends_at: '2025-01-22T12:00:00Z' }),
    'ends_at'
  ),
  duplicate: await refusal(make({ code: '4321' })),
  unknownDevice: await refusal(() => seam.devices.get({ device_id: stay.access_code_id })),
  wrongKey: await refusal(() => new Seam({ apiKey: 'seam_ls_wrong' }).devices.list()),
}

console.log(JSON.stringify(seen))

// Walks through a scenario with an official JavaScript SDK. Reads {package, steps, kept} from
// standard input; SEAM_ENDPOINT and SEAM_API_KEY say where to. Prints the paths it could not call.
import { text } from 'node:stream/consumers'

const { package: name, steps, kept } = JSON.parse(await text(process.stdin))
const { Seam } = await import(name)
const seam = new Seam()

const camel = (word) => word.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())

const filled = (value) => {
  if (typeof value === 'string' && value.startsWith('$')) return kept[value.slice(1)]
  if (Array.isArray(value)) return value.map(filled)
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each)]))
  }
  return value
}

const at = (thing, path) => path.split('.').reduce((from, part) => from?.[part], thing)

const missing = []
for (const { path, params, keep, until } of steps) {
  const parts = path.slice(1).split('/').map(camel)
  const method = parts.pop()
  const space = parts.reduce((owner, part) => owner?.[part], seam)
  if (typeof space?.[method] !== 'function') {
    missing.push(path)
    continue
  }
  const deadline = Date.now() + 60_000
  for (;;) {
    const thing = await space[method](filled(params)).catch((error) => {
      throw new Error(`${path}: ${error.message}`)
    })
    for (const [word, where] of Object.entries(keep)) {
      kept[word] = at(thing, where)
    }
    if (Object.entries(filled(until)).every(([path, value]) => at(thing, path) === value)) break
    if (Date.now() > deadline) throw new Error(`${path}: still ${JSON.stringify(thing)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
console.log(JSON.stringify(missing))

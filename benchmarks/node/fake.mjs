// Seam's fake with so many codes on so many locks: `node fake.mjs CODES LOCKS PORT`.
// Prints one line of JSON once it answers: the ids of its locks and of its codes.

import { createFake } from "@seamapi/fake-seam-connect"

const [codes, locks, port] = process.argv.slice(2).map(Number)
const fake = await createFake()
const { seed_workspace_1: workspace_id, john_connected_account_id } = await fake.seed()

const devices = Array.from({ length: locks }, (_, number) =>
  fake.database.addDevice({
    workspace_id,
    connected_account_id: john_connected_account_id,
    device_type: "august_lock",
    name: `Door ${number}`,
    properties: { online: true },
    can_program_online_access_codes: true,
  }),
)
const made = Array.from({ length: codes }, (_, number) =>
  fake.database.addAccessCode({
    workspace_id,
    device_id: devices[number % locks].device_id,
    name: `Guest ${number}`,
    code: String(1_000_000 + number),
    type: "ongoing",
    status: "set",
  }),
)
await fake.startServer({ port })
console.log(
  JSON.stringify({
    key: "seam_apikey1_token",
    locks: devices.map((device) => device.device_id),
    codes: made.map((code) => code.access_code_id),
  }),
)

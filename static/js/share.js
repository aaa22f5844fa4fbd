// A PIN that is shown, on its way to the guest: printed, sent or copied. No address of ours gets it.
(() => {
  const one = (selector, within = document) => within.querySelector(selector)

  // Made at the click and gone with it, so that the page keeps no link with digits in it.
  const follow = (address) => {
    const link = document.createElement('a')
    link.href = address
    link.click()
  }
  const send = async (button) => {
    const box = button.closest('[data-share]')
    const text = box.dataset.share.replace('{PIN}', box.dataset.sharePin)
    const verdict = one('[data-safe="no"]', box.closest('.slip') ?? document)
    if (verdict && !confirm(`${verdict.dataset.why}\n\nSend it all the same?`)) return
    const body = encodeURIComponent(text)
    switch (button.dataset.shareBy) {
      case 'share':
        await navigator.share({ text }).catch(() => {}) // somebody thought better of it
        break
      case 'sms':
        follow(`sms:?&body=${body}`)
        break
      case 'mail':
        follow(`mailto:?subject=${encodeURIComponent('Your door code')}&body=${body}`)
        break
      default: {
        const label = one('[data-share-label]', button)
        const done = await navigator.clipboard?.writeText(text).then(() => true, () => false)
        label.textContent = done ? 'Copied' : 'Could not copy'
        setTimeout(() => { label.textContent = 'Copy message' }, 4000)
      }
    }
  }
  const offer = () => {
    if (!navigator.share) return
    for (const button of document.querySelectorAll('[data-share-by="share"]')) button.hidden = false
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-share-by]')
    if (button) send(button)
    if (event.target.closest('[data-print]')) print()
  })
  document.addEventListener('htmx:afterSettle', offer)
  offer()
  const leave = one('[data-leave]')
  if (leave) setTimeout(() => location.replace(leave.dataset.leave), 300000)
})()

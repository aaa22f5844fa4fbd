// A PIN on the page of its code: copied without being shown, shown for half a minute at most.
(() => {
  const one = (selector, within = document) => within.querySelector(selector)
  let timer

  const hide = () => {
    clearTimeout(timer)
    const digits = one('[data-pin-digits]')
    if (!digits) return
    for (const part of [digits, one('[data-pin-hide]'), one('[data-pin-share]')]) part?.remove()
    one('[data-pin-dots]').hidden = one('[data-pin-form]').hidden = false
    one('[data-pin-left]').textContent = 'Hidden again.'
  }
  const watch = () => {
    clearTimeout(timer)
    const digits = one('[data-pin-digits]')
    if (!digits) return
    timer = setTimeout(hide, 30000)
    digits.focus() // so that it is read out, digit by digit
  }
  const copy = async (button) => {
    const label = one('[data-copy-label]', button)
    const name = label.dataset.copyLabel ||= label.textContent
    const say = (text) => {
      label.textContent = text
      setTimeout(() => { label.textContent = name }, 4000)
    }
    const { safe, why } = button.dataset.safe ? button.dataset : one('#handover').dataset
    if (safe !== 'yes' && !confirm(`${why}\n\nCopy it all the same?`)) return
    if (!navigator.clipboard) {
      one('#pin-show')?.click()
      say(one('#pin-show') ? 'Select it, then Ctrl+C' : 'Open the code to copy')
      return
    }
    const answer = await fetch(button.dataset.copy, {
      method: 'POST',
      headers: JSON.parse(document.body.getAttribute('hx-headers')),
      body: new URLSearchParams({ copy: '1' }),
    })
    try {
      if (!answer.ok) throw new Error(answer.status)
      await navigator.clipboard.writeText(await answer.text())
      say('Copied')
    } catch {
      say('Could not copy')
    }
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-copy]')
    if (button) copy(button)
    if (event.target.closest('[data-pin-hide]')) {
      event.preventDefault()
      hide()
    }
  })
  document.addEventListener('htmx:afterSettle', ({ target }) => { if (target.id === 'pin') watch() })
  // News around a PIN that is shown leave it shown, unless it is another one by now.
  document.addEventListener('htmx:oobBeforeSwap', ({ target, detail }) => {
    const digits = one('[data-pin-digits]', target)
    const shown = digits?.closest('[data-pin-of]')
    const next = one('[data-pin-of]', detail.fragment)
    if (!shown || shown.dataset.pinOf !== next?.dataset.pinOf) return
    const isFocused = document.activeElement === digits
    next.replaceWith(shown)
    if (isFocused) setTimeout(() => digits.focus())
  })
  document.addEventListener('visibilitychange', () => { if (document.hidden) hide() })
  watch()
})()

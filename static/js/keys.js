// Shortcuts: / search, n issue a code, g then a, l or c, ? the list of them. Never while typing.
(() => {
  const one = (selector) => document.querySelector(selector)
  const go = { a: '#nav-arrivals', l: '#nav-locks', c: '#nav-codes' }
  let went = 0

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    if (event.target.closest('input, textarea, select, dialog, [contenteditable]')) return
    const follow = (selector) => {
      const link = one(selector)
      if (!link || link.getAttribute('aria-disabled') === 'true') return
      event.preventDefault()
      link.click()
    }
    if (Date.now() - went < 1500 && go[event.key]) {
      went = 0
      follow(go[event.key])
      return
    }
    went = event.key === 'g' ? Date.now() : 0
    if (event.key === 'n') follow('#to-issue')
    if (event.key === '/') {
      event.preventDefault()
      one('#find-any').focus()
    }
    if (event.key === '?') one('#shortcuts').showModal()
  })
})()

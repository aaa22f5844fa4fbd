// What htmx cannot do on every page: dialogs, menus, the toast, resting while nobody looks.
(() => {
  document.documentElement.classList.add('js')
  const one = (selector, within = document) => within.querySelector(selector)

  document.addEventListener('click', (event) => {
    const on = (selector) => event.target.closest(selector)
    for (const menu of document.querySelectorAll('details[data-menu][open]')) {
      if (!menu.contains(event.target)) menu.open = false
    }
    const opener = on('[data-dialog]')
    const dialog = opener && one('#' + opener.dataset.dialog)
    if (dialog) {
      event.preventDefault()
      dialog.showModal()
    }
    if (on('[data-toast-close]')) on('[data-toast]').remove()
  })
  document.addEventListener('keydown', (event) => {
    const menu = event.key === 'Escape' && one('details[data-menu][open]')
    if (!menu) return
    menu.open = false
    one('summary', menu).focus()
  })

  // ---- Looking for news: rest while the page is hidden, say so when the line is dead
  let failures = 0
  let tried = 0
  let acting = 0 // requests under way that somebody asked for
  const mark = (text) => {
    for (const each of document.querySelectorAll('[data-live-mark]')) {
      each.textContent = text
      each.classList.toggle('pulse--off', text !== 'Live')
    }
  }
  document.addEventListener('htmx:beforeRequest', (event) => {
    if (event.target.id !== 'live') return
    const waits = failures > 2 && Date.now() - tried < 15000
    if (document.hidden || waits || acting) event.preventDefault()
    else tried = Date.now()
  })
  // News would put a form anew whose answer is still to come: it would find nothing to go into.
  document.addEventListener('htmx:beforeSend', ({ target, detail }) => {
    if (target.id === 'live') return
    acting += 1
    detail.xhr.addEventListener('loadend', () => { acting -= 1 })
  })
  document.addEventListener('htmx:beforeOnLoad', (event) => {
    if (event.target.id === 'live' && acting) event.preventDefault()
  })
  document.addEventListener('htmx:afterRequest', ({ detail }) => {
    const asked = detail.requestConfig.elt // the event itself is told to whatever took its place
    if (asked.id !== 'live') return
    const isThere = detail.successful || detail.xhr.status === 401
    failures = isThere ? 0 : failures + 1
    if (!failures) mark('Live')
    else setTimeout(look, 15000)
    if (failures > 2) mark(`Connection lost. Showing ${asked.dataset.clock}.`)
  })
  // An answer that comes after its page was put together anew is about parts that are gone.
  document.addEventListener('htmx:beforeCleanupElement', ({ target }) => {
    if (target.id !== 'live') return
    target.addEventListener('htmx:beforeOnLoad', (event) => event.preventDefault())
  })
  const look = () => {
    const live = one('#live[hx-get]')
    if (!document.hidden && live) htmx.trigger(live, 'refresh')
  }
  document.addEventListener('visibilitychange', look)

  // ---- What somebody unfolded stays so when it is sent anew
  const unfolded = new Set()
  document.addEventListener('toggle', ({ target }) => {
    if (target.id && target.isConnected) unfolded[target.open ? 'add' : 'delete'](target.id)
  }, true)
  document.addEventListener('htmx:afterSettle', () => {
    for (const id of unfolded) document.getElementById(id)?.setAttribute('open', '')
  })

  // ---- The toast goes after six seconds, ten with an undo, unless somebody is reading it
  const show = () => {
    const toast = one('[data-toast]:not([data-timed])')
    if (!toast) return
    toast.dataset.timed = ''
    let timer
    const stay = () => clearTimeout(timer)
    const rest = () => {
      stay()
      timer = setTimeout(() => toast.remove(), 'long' in toast.dataset ? 10000 : 6000)
    }
    for (const name of ['mouseenter', 'focusin']) toast.addEventListener(name, stay)
    for (const name of ['mouseleave', 'focusout']) toast.addEventListener(name, rest)
    rest()
  }
  document.addEventListener('htmx:afterSettle', show)
  show()
  one('#error-summary')?.focus()
})()

// Signed out meanwhile, by the hour or in another tab: what somebody typed stays on the page.
(() => {
  const note = document.querySelector('#signed-out')
  const TOKEN = '[name=csrfmiddlewaretoken]'
  let isTyped = document.querySelector('#error-summary') !== null

  document.addEventListener('input', ({ target }) => {
    if (target.form?.method === 'post') isTyped = true
  })
  document.addEventListener('click', ({ target }) => {
    if (target.closest('[data-fill], [data-stay]')) isTyped = true
  })

  // Signing in changes the token that forms send along; the same page, read anew, has the new one.
  const signedIn = async () => {
    const answer = await fetch(location.href)
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const token = page.querySelector(TOKEN)
    if (!token || answer.redirected) return
    for (const each of document.querySelectorAll(TOKEN)) each.value = token.value
    document.body.setAttribute('hx-headers', page.body.getAttribute('hx-headers'))
    note.hidden = true
  }
  document.addEventListener('htmx:beforeOnLoad', (event) => {
    if (event.detail.xhr.status !== 401) {
      if (event.target.id === 'live' && !note.hidden) signedIn()
    } else if (isTyped) {
      event.preventDefault() // it would go to the page for signing in
      note.hidden = false
    }
  })
  document.addEventListener('submit', (event) => {
    if (note.hidden || event.target.method !== 'post') return
    event.preventDefault()
    event.stopPropagation()
    note.querySelector('a').focus()
  }, true)
})()

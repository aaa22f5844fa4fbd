// The form of a code: nobody is told off while typing, a button fills in, it is sent once.
(() => {
  const form = document.querySelector('[data-once]')
  if (!form) return
  const one = (selector) => document.querySelector(selector)
  const look = () => form.dispatchEvent(new Event('touched'))

  form.addEventListener('click', (event) => {
    const fill = event.target.closest('[data-fill]')
    const stay = event.target.closest('[data-stay]')
    if (!fill && !stay) return
    event.preventDefault()
    if (fill) {
      const field = one('#' + fill.dataset.fill)
      field.value = fill.value
      field.focus()
    }
    if (stay) {
      for (const side of ['start', 'end']) {
        for (const part of ['Date', 'Time']) {
          one(`#id_${side}_${part.toLowerCase()}`).value = stay.dataset[side + part]
        }
      }
      if (stay.value === 'walk-in') one('#id_name').focus()
    }
    look()
  })

  // A field may be told off once it was left.
  form.addEventListener('focusout', ({ target }) => {
    if (!target.name || target.dataset.touched) return
    target.dataset.touched = '1'
    look()
  })
  form.addEventListener('htmx:configRequest', ({ detail }) => {
    for (const field of form.querySelectorAll('[data-touched]')) {
      detail.formData.append('touched', field.name)
    }
  })
  document.addEventListener('htmx:afterSettle', () => {
    for (const part of form.querySelectorAll('[data-feedback]')) {
      const isBad = part.querySelector('.field__error') !== null
      for (const id of part.dataset.feedback.split(' ')) {
        if (id) one('#' + id)?.setAttribute('aria-invalid', isBad)
      }
    }
  })

  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) event.preventDefault()
    form.dataset.sent = '1'
  })
  addEventListener('pageshow', () => { delete form.dataset.sent })
})()

// The keys of the virtual keypad write into its field; after a try the field is empty again.
(() => {
  const form = document.querySelector('[data-keypad]')
  const field = form.elements.pin
  form.addEventListener('click', (event) => {
    const key = event.target.closest('[data-key]')?.dataset.key
    if (!key) return
    if (key === 'clear') field.value = ''
    else field.value = key === 'back' ? field.value.slice(0, -1) : field.value + key
  })
  form.addEventListener('htmx:afterRequest', () => { form.reset(); field.focus() })
})()

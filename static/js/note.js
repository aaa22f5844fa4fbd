// Copies a note; where the clipboard may not be used it is selected, so that Ctrl+C copies it.
(() => {
  const button = document.querySelector('[data-copy-note]')
  const note = document.querySelector('#note')
  button?.addEventListener('click', async () => {
    const label = button.querySelector('span')
    note.focus()
    note.select()
    try {
      await navigator.clipboard.writeText(note.value)
      label.textContent = 'Copied'
    } catch {
      label.textContent = 'Press Ctrl+C'
    }
  })
})()

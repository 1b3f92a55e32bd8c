// Runs once for each gr.HTML that holds buttons: a press becomes an event of that component.
// The names stand here in quotes because gr.HTML offers as Python events what it finds quoted in its script.
const events = ['ask', 'show', 'open', 'remove', 'samples', 'library', 'dismiss'];
const narrow = window.matchMedia('(max-width: 900px)');
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-do]');
  if (!button || !events.includes(button.dataset.do)) return;
  trigger(button.dataset.do, { ...button.dataset });
  // Where the panel stands under the conversation, go there.
  if (narrow.matches && ['show', 'open', 'library'].includes(button.dataset.do)) {
    document.getElementById('panel')?.scrollIntoView({ behavior: 'smooth', block: 'start' });
  }
});

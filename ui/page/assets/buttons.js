// Runs once for each gr.HTML that holds buttons: a press becomes an event of that component.
// The names stand here in quotes because gr.HTML offers as Python events what it finds quoted in its script.
const events = [
  'ask', 'show', 'open', 'remove', 'samples', 'library', 'dismiss',
  'judge', 'correct', 'unsaid', 'rename', 'delete', 'export', 'testset',
];
const narrow = window.matchMedia('(max-width: 900px)');
const goTo = (id) => document.getElementById(id)?.scrollIntoView({ behavior: 'smooth', block: 'start' });
element.addEventListener('submit', (event) => event.preventDefault());
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-do]');
  if (!button) return;
  const { do: does } = button.dataset;
  if (does === 'go') {
    const { place } = button.dataset;
    document.getElementById(`${place}-tab-button`)?.click();
    const newest = document.querySelector('#conversation .exchange:last-child') || document.getElementById('chat');
    (place === 'chat' ? newest : document.getElementById('panel')).scrollIntoView({ behavior: 'smooth', block: 'start' });
    return;
  }
  if (!events.includes(does)) return;
  const typed = button.form?.elements.namedItem('text')?.value;
  trigger(does, { ...button.dataset, ...(typed === undefined ? {} : { text: typed }) });
  // Where the panel stands under the conversation, go to what was asked for.
  if (!narrow.matches) return;
  if (does === 'show' || does === 'library' || (does === 'open' && button.dataset.article)) goTo('panel');
  if (does === 'open' && button.dataset.conversation) goTo('chat');
});

// Runs once for each gr.HTML that holds buttons: a press becomes an event of that component.
// The names stand here in quotes because gr.HTML offers as Python events what it finds quoted in its script.
const events = [
  'remove', 'turn', 'samples', 'library', 'dismiss', 'judge', 'correct', 'unsaid', 'rename', 'delete', 'export', 'testset',
];
let deleted = '';
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
  if (does === 'ask') page.ask(button.dataset.question);
  if (does === 'edit') page.edit(button.dataset.question);
  if (does === 'copy') copy(button);
  if (does === 'scope') {
    const { articles, source, scope } = button.dataset;
    page.scope({ articles: articles ? articles.split(' ') : [], source: source || '', scope });
  }
  if (!events.includes(does)) return;
  const typed = button.form?.elements.namedItem('text')?.value;
  trigger(does, { ...button.dataset, conversation: page.conversation(), ...(typed === undefined ? {} : { text: typed }) });
  if (does === 'delete') deleted = button.dataset.named;
  if (does === 'turn') element.scrollIntoView({ block: 'start' });
  // Where the panel stands under the conversation, go to what was asked for.
  if (does === 'library' && page.isNarrow()) page.goTo('panel');
});
// Ticked articles are those that are asked; clearing that unticks them.
const ticks = () => [...element.querySelectorAll('.tick input')];
element.addEventListener('change', (event) => {
  if (!event.target.matches('.tick input')) return;
  const before = page.kept('scope');
  const chosen = new Map((before?.ticked ?? []).map((one) => [one.id, one]));
  ticks().forEach((tick) => {
    if (tick.checked) chosen.set(tick.value, { id: tick.value, title: tick.dataset.title });
    else chosen.delete(tick.value);
  });
  const ticked = [...chosen.values()];
  const scope = ticked.length === 1 ? `“${ticked[0].title}”` : `${ticked.length} ticked articles`;
  page.scope(ticked.length ? { articles: ticked.map((one) => one.id), source: '', scope, ticked } : null);
});
const tick = () => {
  const ticked = new Set((page.kept('scope')?.ticked ?? []).map((one) => one.id));
  ticks().forEach((one) => { one.checked = ticked.has(one.value); });
};
document.addEventListener('scoped', tick);
watch('value', tick);
const copy = async (button) => {
  const { text } = button.dataset;
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) { // not over plain http from another machine: there the old way works
    console.debug(error);
    const field = Object.assign(document.createElement('textarea'), { value: text, className: 'unseen' });
    document.body.append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
    button.focus();
  }
  const label = button.textContent;
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = label; }, 1500);
};
watch('value', () => {
  // Left once it is gone: the list that comes with another conversation would still have it before.
  if (deleted && deleted === page.conversation()) page.visit('');
  deleted = '';
  page.mark();
});

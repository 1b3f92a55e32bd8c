// The ways through a long article: words to find, a page or a chapter to go to.
let searching = false;
const go = (name, value) => {
  const { article } = element.querySelector('.article-head').dataset;
  page.visit(new URLSearchParams({ article, [name]: value }).toString());
};
element.addEventListener('submit', (event) => {
  const { form: kind } = event.target.dataset;
  if (!kind) return;
  event.preventDefault();
  const field = event.target.elements.namedItem('text');
  const value = field.value.trim();
  if (kind === 'page' && value) go('page', value);
  if (kind !== 'find' || !value) return;
  searching = true;
  const next = element.querySelectorAll('a.step')[1];
  if (value === field.defaultValue && next?.hasAttribute('href')) page.visit(next.getAttribute('href')); // Enter again
  else go('find', value);
});
element.addEventListener('change', (event) => {
  if (event.target.matches('select[data-form=section]')) go('at', `${event.target.value}-${event.target.value}`);
});
watch('value', () => {
  const field = searching && element.querySelector('[data-form=find] input');
  searching = false;
  field?.focus?.({ preventScroll: true });
});

// Beside the text of a PDF document its page as it looks, which follows what is read.
let pictured = '';
const pageRead = () => {
  const text = element.querySelector('.article-text');
  const paragraphs = [...(text?.querySelectorAll('p[data-page]') ?? [])];
  const line = text ? text.getBoundingClientRect().top + text.clientHeight / 3 + 2 : 0;
  const above = paragraphs.filter((one) => one.getBoundingClientRect().top <= line);
  return (above.pop() ?? paragraphs[0])?.dataset.page;
};
const showPicture = () => {
  const head = element.querySelector('.article-head');
  const isOn = Boolean(head?.dataset.pictures) && (page.kept('pictures')?.shown ?? !page.isNarrow());
  document.body.classList.toggle('pictured', isOn);
  document.body.classList.toggle('pictured-beside', isOn && !page.isNarrow());
  if (!isOn) document.body.classList.remove('pictured-large');
  const button = head?.querySelector('[data-do=pictures]');
  if (button) {
    button.setAttribute('aria-pressed', isOn);
    button.textContent = isOn ? 'Hide its pages' : 'Show its pages';
  }
  const read = isOn && pageRead();
  const now = `${head?.dataset.article} ${read}`;
  if (!read || now === pictured) return;
  pictured = now;
  trigger('picture', { article: head.dataset.article, page: read });
};
let looking = null;
const lookSoon = () => {
  clearTimeout(looking);
  looking = setTimeout(showPicture, 150);
};
element.addEventListener('scroll', lookSoon, true);
element.addEventListener('click', (event) => {
  if (!event.target.closest('[data-do=pictures]')) return;
  page.keep('pictures', { shown: !document.body.classList.contains('pictured') });
  showPicture();
});
// Not before what is marked was brought into sight, in the frame before.
watch('value', () => requestAnimationFrame(() => requestAnimationFrame(showPicture)));

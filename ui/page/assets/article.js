// Brings what is marked, or the place that was gone to, into sight: when an article comes, when its tab comes to the
// front, when its room changes; what is read stays where it is when only its width does.
const bring = () => {
  const text = element.querySelector('.article-text');
  if (!text || !text.clientHeight) return;
  const mark = text.querySelector('mark') ?? text.querySelector('[data-here]');
  const offset = mark ? mark.getBoundingClientRect().top - text.getBoundingClientRect().top + text.scrollTop : 0;
  text.scrollTop = offset - text.clientHeight / 3;
};
let reading = null; // what is read, and how far down it stands
const remember = () => {
  const text = element.querySelector('.article-text');
  if (!text?.clientHeight) return;
  const { top, bottom } = text.getBoundingClientRect();
  const isSeen = (one) => one.getBoundingClientRect().bottom > top && one.getBoundingClientRect().top < bottom;
  const one = [...text.querySelectorAll('mark, [data-here]')].find(isSeen) ?? [...text.querySelectorAll('p[data-at]')].find(isSeen);
  reading = one && { one, down: one.getBoundingClientRect().top - top };
};
element.addEventListener('scroll', remember, true);
let [width, height] = [0, 0];
new ResizeObserver(() => {
  const text = element.querySelector('.article-text');
  const isRead = reading && text?.contains(reading.one);
  if (Math.abs(element.clientHeight - height) > 40 || (element.clientWidth !== width && !isRead)) {
    requestAnimationFrame(bring);
  } else if (element.clientWidth !== width) {
    text.scrollTop += reading.one.getBoundingClientRect().top - text.getBoundingClientRect().top - reading.down;
  }
  [width, height] = [element.clientWidth, element.clientHeight];
}).observe(element);
watch('value', () => {
  reading = null;
  requestAnimationFrame(bring);
});
// Alt with an arrow up or down steps through the quotes, wherever the keyboard is.
document.addEventListener('keydown', (event) => {
  if (!event.altKey || !['ArrowDown', 'ArrowUp'].includes(event.key)) return;
  const [back, on] = element.querySelectorAll('a.step');
  const step = event.key === 'ArrowDown' ? on : back;
  if (!step?.hasAttribute('href')) return;
  event.preventDefault();
  page.visit(step.getAttribute('href'));
});

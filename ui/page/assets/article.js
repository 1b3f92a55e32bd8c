// Brings the mark into sight: when an article comes, when its tab comes to the front, when its room changes.
const bring = () => {
  const text = element.querySelector('.article-text');
  if (!text || !text.clientHeight) return;
  const mark = text.querySelector('mark');
  const offset = mark ? mark.getBoundingClientRect().top - text.getBoundingClientRect().top + text.scrollTop : 0;
  text.scrollTop = offset - text.clientHeight / 3;
};
let height = 0;
new ResizeObserver(() => {
  if (Math.abs(element.clientHeight - height) > 40) requestAnimationFrame(bring);
  height = element.clientHeight;
}).observe(element);
watch('value', () => requestAnimationFrame(bring));
// Alt with an arrow up or down steps through the quotes, wherever the keyboard is.
document.addEventListener('keydown', (event) => {
  if (!event.altKey || !['ArrowDown', 'ArrowUp'].includes(event.key)) return;
  const [back, on] = element.querySelectorAll('a.step');
  const step = event.key === 'ArrowDown' ? on : back;
  if (!step?.hasAttribute('href')) return;
  event.preventDefault();
  page.visit(step.getAttribute('href'));
});

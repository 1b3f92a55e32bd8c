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

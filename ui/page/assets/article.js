// Brings the mark into the middle of the article, when an article comes and when its tab comes to the front.
const bring = () => {
  const text = element.querySelector('.article-text');
  if (!text || !text.clientHeight) return;
  const mark = text.querySelector('mark');
  const offset = mark ? mark.getBoundingClientRect().top - text.getBoundingClientRect().top + text.scrollTop : 0;
  text.scrollTop = offset - text.clientHeight / 3;
};
let hidden = true;
new ResizeObserver(() => {
  const shown = element.clientHeight > 0;
  if (shown && hidden) requestAnimationFrame(bring);
  hidden = !shown;
}).observe(element);
watch('value', () => requestAnimationFrame(bring));

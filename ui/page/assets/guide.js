// Puts the guide above the text of the article it belongs to, and underlines in the text the sentences that carry it.
const guides = new Map();
const source = document.getElementById('guide');
let wanted = '';
const underline = (text, links) => {
  if (!window.CSS?.highlights) return;
  const ranges = [];
  links.forEach((link) => {
    const [start, end] = new URLSearchParams(link.hash.slice(1)).get('at').split('-').map(Number);
    text.querySelectorAll('p[data-at]').forEach((paragraph) => {
      const at = Number(paragraph.dataset.at);
      const nodes = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
      let offset = at;
      for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
        const [from, to] = [Math.max(start, offset), Math.min(end, offset + node.length)];
        if (from < to) {
          const range = new Range();
          range.setStart(node, from - offset);
          range.setEnd(node, to - offset);
          ranges.push(range);
        }
        offset += node.length;
      }
    });
  });
  CSS.highlights.set('carrying', new Highlight(...ranges));
};
const putGuide = () => {
  const slot = element.querySelector('.guide-slot');
  if (!slot) return;
  const { article } = slot.dataset;
  const told = source.querySelector('.guide');
  if (told && (told.dataset.wanting !== 'true' || !guides.has(told.dataset.article))) guides.set(told.dataset.article, told.outerHTML);
  // One that was left before its questions were found is asked for again.
  if (wanted !== article && (!guides.has(article) || guides.get(article).includes('data-wanting="true"'))) trigger('guide', { article });
  wanted = article;
  if (!guides.has(article)) return;
  if (slot.innerHTML === guides.get(article)) return;
  const text = element.querySelector('.article-text');
  const seen = text.querySelector('mark') ?? text.querySelector('p');
  const before = seen?.getBoundingClientRect().top;
  slot.innerHTML = guides.get(article);
  if (text.querySelector('mark') || (text.scrollTop > 0 && seen)) text.scrollTop += seen.getBoundingClientRect().top - before; // what is read stays put
  underline(text, slot.querySelectorAll('.carrying a'));
};
new MutationObserver(putGuide).observe(source, { childList: true, subtree: true });
watch('value', () => {
  wanted = '';
  putGuide();
});

// Puts what can be asked next under the newest answer, and asks for it once that answer is there.
const suggested = new Map();
const nextSource = document.getElementById('next');
let sought = '';
const putNext = () => {
  const slot = element.querySelector('.next-slot');
  if (!slot) return;
  const { of, exchange } = slot.dataset;
  const key = `${of} ${exchange}`;
  const told = nextSource.querySelector('.next');
  if (told) suggested.set(`${told.dataset.of} ${told.dataset.exchange}`, told.outerHTML);
  if (suggested.has(key)) {
    if (slot.innerHTML !== suggested.get(key)) slot.innerHTML = suggested.get(key);
  } else if (sought !== key) {
    sought = key;
    trigger('suggest', { conversation: of, exchange });
  }
};
new MutationObserver(putNext).observe(nextSource, { childList: true, subtree: true });
watch('value', putNext);

// Keeps the newest exchange in sight when one comes, and the keyboard where it was when an answer is judged.
let seen = '';
let judged = null;
element.addEventListener('click', (event) => {
  judged = event.target.closest('button[data-do=judge], button[data-do=correct], button[data-do=unsaid]');
});
watch('value', () => {
  const exchanges = element.querySelectorAll('.exchange');
  const of = element.querySelector('.exchanges')?.dataset.of;
  if (of && page.following) page.adopted(of);
  const now = `${of} ${exchanges.length}`;
  const isNew = now !== seen;
  seen = now;
  if (judged && !isNew) {
    const { exchange } = judged.dataset;
    judged = null;
    // Once a right answer is kept, on the words that say so: a second Enter there does nothing.
    const field = exchanges[exchange]?.querySelector('.correct input, .noted');
    (field || exchanges[exchange]?.querySelector('.thumb[aria-pressed=true], .thumb'))?.focus({ preventScroll: true });
    return;
  }
  const newest = exchanges[exchanges.length - 1];
  if (!newest || !isNew) return;
  const scroller = document.getElementById('conversation');
  requestAnimationFrame(() => {
    if (scroller.scrollHeight > scroller.clientHeight + 1 && getComputedStyle(scroller).overflowY === 'auto') {
      scroller.scrollTop = newest.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop - 8;
    } else {
      newest.scrollIntoView({ block: 'start' });
    }
  });
});

// Keeps the newest exchange in sight.
watch('value', () => {
  const newest = element.querySelector('.exchange:last-child');
  if (!newest) return;
  const scroller = document.getElementById('conversation');
  requestAnimationFrame(() => {
    if (scroller.scrollHeight > scroller.clientHeight + 1 && getComputedStyle(scroller).overflowY === 'auto') {
      scroller.scrollTop = newest.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop - 8;
    } else {
      newest.scrollIntoView({ block: 'start' });
    }
  });
});

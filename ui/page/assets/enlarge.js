// A press on the picture of a page makes it large, and small again.
element.addEventListener('click', (event) => {
  if (event.target.closest('[data-do=enlarge]')) document.body.classList.toggle('pictured-large');
});

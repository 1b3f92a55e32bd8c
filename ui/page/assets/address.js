// Goes where the address says: on a press of a link, on Back and Forward, on an address typed by hand.
let shown = page.conversation();
page.arrived = (isConversation) => {
  const address = page.address().toString();
  const conversation = page.conversation();
  if (isConversation || conversation !== shown) {
    leave();
    trigger('conversation', { address });
  } else {
    trigger('place', { address });
  }
  shown = conversation;
  page.mark();
  if (page.isNarrow()) page.goTo(page.address().has('article') ? 'panel' : 'chat');
};
window.addEventListener('popstate', () => page.arrived(false));
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  page.visit(link.getAttribute('href'));
});
page.adopted = (conversation) => { // a new conversation has got its address
  if (conversation === page.conversation()) return;
  page.adopt(conversation, true);
  shown = conversation;
};

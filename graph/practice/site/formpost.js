// response_mode=form_post: the browser carries the answer back by itself (OAuth 2.0 Form Post Response Mode).
document.getElementById("back").submit();

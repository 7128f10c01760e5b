-- Run by the administrator's role after the schema was brought up to date, each time: an API finds the silos, and sees nothing else.
grant select on orleansquery, orleansmembershiptable to continue_watching_caller;

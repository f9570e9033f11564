"""Lists by the policy: a decision that is left to rows, as an expression of the library that reads them.

One module a library, loaded when something of that library is handed in; none is a dependency of guard.
"""

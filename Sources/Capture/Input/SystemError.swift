import Glibc

/// What went wrong in a system call, in the words that messages use.
struct SystemError: Error, Hashable {
  var code: Int32

  static let folder = Self(code: EISDIR)
  /// An output that would overwrite an input.
  static let isInput = Self(code: ETXTBSY)
  /// Two outputs in one file.
  static let isOutput = Self(code: EDEADLK)

  /// The error that the last call of this thread left.
  static var last: Self { Self(code: errno) }

  /// One clause: `no such file`.
  var reason: String {
    switch code {
    case ENOENT: "no such file"
    case EACCES, EPERM: "permission denied"
    case EISDIR: "is a directory"
    case ETXTBSY: "would overwrite an input; write to another file"
    case EDEADLK: "is being written already; write to another file"
    case ENOSPC: "no space left on the device"
    case EDQUOT: "the disk quota is used up"
    case EPIPE: "nobody reads the other end any more"
    case EMFILE, ENFILE: "too many open files"
    default: unsafe String(cString: strerror(code)).lowercasedFirst
    }
  }

  /// Repeats a call that a signal interrupted, and turns -1 into an error.
  static func check<Result: SignedInteger>(
    _ call: () -> Result
  ) throws(SystemError) -> Result {
    while true {
      let result = call()
      if result >= 0 { return result }
      if errno != EINTR { throw .last }
    }
  }
}

extension String {
  fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}

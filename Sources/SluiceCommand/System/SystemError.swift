import Glibc

/// What the system answered: an errno.
struct SystemError: Error, Hashable, CustomStringConvertible {
  var code: Int32

  /// The error of the call that has just failed.
  static var last: Self { Self(code: errno) }

  /// As a clause: `no space left on device`.
  var description: String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    let sentence = unsafe String(cString: text)
    // Not "I/O error".
    let isWord = sentence.dropFirst().first?.isLowercase ?? false
    return isWord ? sentence.prefix(1).lowercased() + sentence.dropFirst() : sentence
  }
}

/// Writes all of `bytes`, however often that takes.
func writeAll(_ bytes: RawSpan, to descriptor: Int32) throws(SystemError) {
  var done = 0
  while done < bytes.byteCount {
    let written = unsafe bytes.extracting(droppingFirst: done).withUnsafeBytes {
      unsafe write(descriptor, $0.baseAddress, $0.count)
    }
    if written >= 0 {
      done += written
    } else if errno == EAGAIN {
      waitUntilWritable(descriptor)
    } else if errno != EINTR {
      throw .last
    }
  }
}

/// Somebody else may have made the terminal or pipe non-blocking.
private func waitUntilWritable(_ descriptor: Int32) {
  var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
  _ = unsafe poll(&request, 1, -1)
}

import Buffers
import Glibc

/// An open file, closed when it is let go; standard input and output stay open.
final class Descriptor {
  let number: Int32
  private var isOwned: Bool

  init(borrowing number: Int32) {
    self.number = number
    isOwned = false
  }

  init(path: String, flags: Int32, mode: mode_t = 0) throws(SystemError) {
    number = try SystemError.check { unsafe open(path, flags | O_CLOEXEC, mode) }
    isOwned = true
  }

  deinit {
    if isOwned { Glibc.close(number) }
  }

  /// Closes it now, so that what a file system notices only then is not lost. Linux has let go of
  /// the number whatever the result.
  func close() throws(SystemError) {
    guard isOwned else { return }
    isOwned = false
    if Glibc.close(number) < 0 && errno != EINTR { throw .last }
  }

  /// Where in a regular file it stands, if what is there can be written again.
  var position: Int64? {
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0, flags & O_APPEND == 0, (try? status())?.isRegular == true else { return nil }
    let position = lseek(number, 0, SEEK_CUR)
    return position >= 0 ? Int64(position) : nil
  }

  /// What kind of file it is, how long, and which.
  func status() throws(SystemError) -> FileStatus {
    var status = stat()
    _ = try SystemError.check { unsafe fstat(number, &status) }
    return FileStatus(status)
  }

  /// Waits until there is something to read or the input has ended; `false` when the time is over
  /// or a signal came first.
  func waitForInput(milliseconds: Int32) -> Bool {
    var request = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&request, 1, milliseconds) > 0
  }
}

/// What `stat` says of a file.
struct FileStatus {
  /// Names the file whatever its path is.
  typealias Identity = FileKey

  var identity: Identity
  var size: Int
  var isRegular: Bool
  var isFolder: Bool

  /// Of what a path leads to, through links.
  init(path: String) throws(SystemError) {
    var status = stat()
    _ = try SystemError.check { unsafe stat(path, &status) }
    self.init(status)
  }

  init(_ status: stat) {
    identity = Identity(device: UInt64(status.st_dev), node: UInt64(status.st_ino))
    size = Int(status.st_size)
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isFolder = status.st_mode & S_IFMT == S_IFDIR
  }
}

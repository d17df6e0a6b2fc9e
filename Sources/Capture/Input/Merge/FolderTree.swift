import Glibc

/// Everything in a folder and the folders below it but these folders, in no order.
///
/// Links to files are listed like files; links to folders are, too, and not followed, so that no
/// walk is endless.
struct FolderTree {
  private(set) var files: [String] = []
  /// Folders below the first that cannot be read.
  private(set) var closed: [(folder: String, error: SystemError)] = []
  private let limit: Int

  /// - Parameter limit: the walk ends when there are more.
  init(_ path: String, limit: Int) throws(SystemError) {
    self.limit = limit
    var folders = try list(path)
    while let folder = folders.popLast(), files.count <= limit {
      do throws(SystemError) {
        folders += try list(folder)
      } catch {
        closed.append((folder, error))
      }
    }
  }

  /// Adds the files of one folder and returns its folders.
  private mutating func list(_ folder: String) throws(SystemError) -> [String] {
    guard let stream = unsafe opendir(folder) else { throw .last }
    defer { unsafe closedir(stream) }
    var folders: [String] = []
    while let entry = unsafe readdir(stream), files.count <= limit {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if name == "." || name == ".." { continue }
      let path = folder + (folder.hasSuffix("/") ? "" : "/") + name
      if Self.isFolder(path) { folders.append(path) } else { files.append(path) }
    }
    return folders
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}

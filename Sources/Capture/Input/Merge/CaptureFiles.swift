public import Buffers

/// A file of an input.
public struct CaptureFile: Hashable, Sendable {
  public var path: String
  /// It was named itself, not found in a folder.
  public var isNamed: Bool

  public init(path: String, isNamed: Bool) {
    self.path = path
    self.isNamed = isNamed
  }
}

/// The files that paths stand for: the captures of a folder in the place of the folder, down
/// through its folders, sorted by their paths.
///
/// In folders the content decides what is a capture. A file is found there once, whatever links
/// lead to it, and not at all when it is named as well.
public struct CaptureFiles {
  /// So many files of one input can be remembered.
  static let limit = 1 << 20

  public private(set) var files: [CaptureFile] = []
  /// Files of folders that are captures by their beginning, or may be, and cannot be read; of several
  /// paths also those that lead to nothing that can.
  public private(set) var refused: [CaptureDamage] = []
  /// Named folders without a capture.
  public private(set) var emptyFolders: [String] = []
  /// How many files of the folders are no captures.
  public private(set) var passedOver: UInt64 = 0
  /// Captures among the files of the input that would be overwritten.
  public private(set) var overwritten: [String] = []
  /// Say of all files that they are read, as long as they live.
  public private(set) var claims: [InputClaim] = []
  private var met: Set<FileStatus.Identity> = []
  private var outputs: Set<FileStatus.Identity> = []

  /// Throws when the only path is a folder that cannot be read, or leads nowhere.
  ///
  /// - Parameters:
  ///   - outputs: files that are about to be written. One that is a capture in a folder is not
  ///     overwritten but named in `overwritten`; otherwise it is not part of the input.
  ///   - rotated: the first file of a capture that is written into several; the others are outputs,
  ///     too.
  public init(
    _ paths: [String], except outputs: [String] = [], rotated: String? = nil
  ) throws(CaptureError) {
    for output in outputs + (rotated.map(RotationNames.numbered) ?? []) {
      if let status = try? FileStatus(path: output) { self.outputs.insert(status.identity) }
    }
    for path in paths where path != "-" { meet(path) }
    for path in paths {
      do throws(CaptureError) {
        if try Self.isFolder(path) {
          try addFolder(path)
        } else {
          files.append(CaptureFile(path: path, isNamed: true))
          claim(path)
        }
      } catch {
        // One of several that is not there does not end the others.
        if paths.count == 1 { throw error }
        refused.append(CaptureDamage(error))
      }
    }
    if paths.count > 1 { passOverUnreadable() }
  }

  /// Of several files those are left out that are no captures, or cannot be read, where that can be
  /// seen and they can be read later all the same.
  private mutating func passOverUnreadable() {
    var good: [CaptureFile] = []
    for file in files {
      do throws(OpenProblem) {
        if file.isNamed, file.path != "-" {
          let input = try OpenedInput(path: file.path)
          if input.isRepeatable { _ = try input.source(.glance) }
        }
        good.append(file)
      } catch {
        refused.append(CaptureDamage(file: file.path, byteOffset: nil, reason: error.reason))
      }
    }
    files = good
  }

  private mutating func meet(_ path: String) {
    if let status = try? FileStatus(path: path) { met.insert(status.identity) }
  }

  private mutating func claim(_ path: String) {
    guard path != "-", let status = try? FileStatus(path: path), status.isRegular else { return }
    claims.append(InputClaim(status.identity))
    if outputs.contains(status.identity) { overwritten.append(path) }
  }

  private static func isFolder(_ path: String) throws(CaptureError) -> Bool {
    if path == "-" { return false }
    do throws(OpenProblem) {
      return try status(path).isFolder
    } catch {
      throw CaptureError(file: path, reason: error.reason)
    }
  }

  private mutating func addFolder(_ path: String) throws(CaptureError) {
    let tree: FolderTree
    do throws(SystemError) {
      tree = try FolderTree(path, limit: Self.limit)
    } catch {
      throw CaptureError(file: path, reason: error.reason)
    }
    for (folder, error) in tree.closed {
      refused.append(CaptureDamage(file: folder, byteOffset: nil, reason: error.reason))
    }
    let before = files.count + refused.count
    for file in tree.files.sorted(by: Self.isBefore) { add(file) }
    if files.count + refused.count == before { emptyFolders.append(path) }
    guard files.count <= Self.limit else {
      throw CaptureError(file: path, reason: "more files than can be remembered (\(Self.limit))")
    }
  }

  /// By their bytes, whatever letters these are.
  private static func isBefore(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }

  private mutating func add(_ path: String) {
    do throws(OpenProblem) {
      // Opening a pipe would wait for somebody at its other end.
      let status = try Self.status(path)
      if status.isFolder { return }
      guard status.isRegular else {
        passedOver += 1
        return
      }
      guard met.insert(status.identity).inserted else { return }
      _ = try OpenedInput(path: path).source(.glance)
      if outputs.contains(status.identity) { return overwritten.append(path) }
      claims.append(InputClaim(status.identity))
      files.append(CaptureFile(path: path, isNamed: false))
    } catch {
      // What is about to be written may be anything but a capture.
      if let status = try? FileStatus(path: path), outputs.contains(status.identity) { return }
      switch error {
      case .otherFormat: passedOver += 1
      case .failed(let reason):
        refused.append(CaptureDamage(file: path, byteOffset: nil, reason: reason))
      }
    }
  }

  private static func status(_ path: String) throws(OpenProblem) -> FileStatus {
    do throws(SystemError) {
      return try FileStatus(path: path)
    } catch {
      throw .failed(error.reason)
    }
  }
}

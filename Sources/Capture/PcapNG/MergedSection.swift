import Buffers

/// The options of the one section that several inputs share: the comments of all of them, and of what
/// can be said only once (hardware, operating system, application) what the first one says.
struct MergedSection {
  private var result = BlockBytes(isBigEndian: false)
  private var said: Set<[UInt8]> = []
  private var codes: Set<UInt16> = []

  mutating func add(_ block: CaptureBlock, _ translator: inout BlockTranslator) {
    translator.isBigEndian = result.isBigEndian
    let options = translator.sectionOptions(of: block)
    let fields = Fields(bytes: unsafe options.span.bytes, isBigEndian: result.isBigEndian)
    var reader = OptionReader(fields, from: 0)
    while let option = try? reader.next() {
      let value = fields.bytes.extracting(option.value).array
      // Files of one capture say the same.
      guard said.insert(Array("\(option.code) ".utf8) + value).inserted else { continue }
      if option.code == 1 || codes.insert(option.code).inserted {
        result.option(option.code, value)
      } else {
        translator.drop(Unkept.Kind(option: option.code, of: BlockType.section))
      }
    }
  }

  var options: [UInt8] {
    var options = result
    if !options.bytes.isEmpty { options.endOptions() }
    return options.bytes
  }
}
